import { createHash } from 'node:crypto';
import type { AuthorizationServer } from '../../examples/authorization-server/index.js';

/** RFC 7636, appendix B. */
export const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const redirectUri = 'http://127.0.0.1:5543/callback';

export const tokenRequest = {
  client_id: 'demo-client',
  redirect_uri: redirectUri,
  response_type: 'token',
  scope: 'profile email',
  state: 'a state & more=',
} as const;
export const codeRequest = {
  ...tokenRequest,
  response_type: 'code',
  code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
  code_challenge_method: 'S256',
} as const;

export type Params = Readonly<Record<string, string | undefined>> | readonly (readonly [string, string])[];

export function encoded(params: Params): URLSearchParams {
  const pairs = Array.isArray(params)
    ? (params as readonly (readonly [string, string])[])
    : Object.entries(params).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return new URLSearchParams(pairs.map(([name, value]) => [name, value]));
}

/** Somebody with a browser that is not one: keeps cookies, follows nothing, reads forms. */
export class ScriptedPerson {
  readonly #server: AuthorizationServer;
  #cookie = '';

  constructor(server: AuthorizationServer) {
    this.#server = server;
  }

  get cookie(): string {
    return this.#cookie;
  }

  async get(path: string | URL): Promise<Response> {
    return this.#fetch(new URL(path, this.#server.issuer));
  }

  async post(path: string, form: Params): Promise<Response> {
    return this.#fetch(new URL(path, this.#server.issuer), { method: 'POST', body: encoded(form) });
  }

  async authorize(params: Params): Promise<Response> {
    const uri = new URL(this.#server.authorizationEndpoint);
    uri.search = encoded(params).toString();
    return this.get(uri);
  }

  /** Goes to the login page, and signs in. */
  async signIn(params: Params, username = 'ada', password = 'lovelace'): Promise<Response> {
    const toLogin = await this.authorize(params);
    const login = await this.get(locationOf(toLogin));
    return this.post('/login', { ...hiddenFields(await login.text()), username, password });
  }

  /** Goes to the consent page; its HTML. */
  async consent(params: Params): Promise<string> {
    const toConsent = this.#cookie === '' ? await this.signIn(params) : await this.authorize(params);
    return (toConsent.status === 303 ? await this.get(locationOf(toConsent)) : toConsent).text();
  }

  /** Goes all the way; the redirect back to the app. */
  async decide(params: Params, decision = 'allow'): Promise<Response> {
    return this.post('/decision', { ...hiddenFields(await this.consent(params)), decision });
  }

  async #fetch(uri: URL, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(uri, { ...init, redirect: 'manual', headers: { cookie: this.#cookie } });
    for (const cookie of response.headers.getSetCookie()) this.#cookie = cookie.split(';')[0] ?? '';
    return response;
  }
}

export function locationOf(response: Response): string {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`Status ${response.status} has no Location`);
  return location;
}

/** The parameters of the answer in a redirect. */
export function answerIn(response: Response, part: 'search' | 'hash'): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(new URL(locationOf(response))[part].slice(1)));
}

export function hiddenFields(page: string): Record<string, string> {
  const fields = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries(Array.from(fields, ([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]));
}
