import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { preselectedAccount } from './accounts.js';
import { authorize, type UserDecision } from './authorization-endpoint.js';
import type { CheckedBehavior, Registration } from './checked-options.js';
import { Clients } from './clients.js';
import { DeviceAuthorizations, type Decision } from './device-authorizations.js';
import { ErrorResponse, errorParams, errorResponse, repeatedParameter } from './error-response.js';
import { publicKeys } from './id-token.js';
import { sendPage } from './page-document.js';
import { consentPage, deviceDecidedPage, errorPage, formPostPage, userCodePage } from './pages.js';
import { PushedRequests } from './pushed-requests.js';
import type { RecordedRequest, TestEndpoint } from './recorded-request.js';
import { deviceGrantType, TokenIssuer } from './token-issuer.js';

const bodyLimit = 65_536;
const paths: Readonly<Record<string, TestEndpoint>> = {
  '/authorize': 'authorization',
  '/token': 'token',
  '/revoke': 'revocation',
  '/profile': 'profile',
  '/device_authorization': 'device_authorization',
  '/device': 'device',
  '/par': 'pushed_authorization_request',
  '/register': 'registration',
  '/jwks': 'jwks',
  '/.well-known/oauth-authorization-server': 'metadata',
  '/.well-known/openid-configuration': 'metadata',
};
const methods: Readonly<Record<TestEndpoint, readonly string[]>> = {
  authorization: ['GET', 'POST'],
  token: ['POST'],
  revocation: ['POST'],
  profile: ['GET', 'POST'],
  device_authorization: ['POST'],
  device: ['GET', 'POST'],
  pushed_authorization_request: ['POST'],
  registration: ['POST'],
  metadata: ['GET'],
  jwks: ['GET'],
  other: [],
};

const formEndpoints: readonly TestEndpoint[] = [
  'token',
  'revocation',
  'device_authorization',
  'pushed_authorization_request',
];

/** A request whose body has been read. */
interface ReadRequest {
  readonly uri: URL;
  readonly headers: IncomingHttpHeaders;
  readonly isPost: boolean;
  readonly body: string;
}

/** The endpoints of the test authorization server. */
export class Endpoints {
  behavior: CheckedBehavior;
  issuer = '';
  readonly tokens: TokenIssuer;
  readonly #clients: Clients;
  readonly #devices: DeviceAuthorizations;
  readonly #pushed = new PushedRequests();
  readonly #record: (request: RecordedRequest) => void;

  constructor(registration: Registration, behavior: CheckedBehavior, record: (request: RecordedRequest) => void) {
    const current = (): CheckedBehavior => this.behavior;
    this.behavior = behavior;
    this.#record = record;
    this.#clients = new Clients(registration);
    this.#devices = new DeviceAuthorizations(current);
    this.tokens = new TokenIssuer(this.#devices, current, () => this.issuer);
  }

  uriOf(endpoint: TestEndpoint): URL {
    return new URL(Object.keys(paths).find((path) => paths[path] === endpoint) ?? '/', this.issuer);
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers, url: target = '' } = request;
    if (!target.startsWith('/') || !URL.canParse(this.issuer + target)) {
      sendJson(response, 400, { error: 'invalid_request' });
      return;
    }
    const uri = new URL(this.issuer + target);
    const endpoint = paths[uri.pathname] ?? 'other';
    const isPost = method === 'POST';
    const body = await readBody(request);
    const isForm = isPost && formEndpoints.includes(endpoint);
    const params = isForm ? new URLSearchParams(body) : uri.searchParams;
    this.#record({ endpoint, method, uri, headers, params });
    if (endpoint === 'other') sendJson(response, 404, { error: 'not_found' });
    else if (!methods[endpoint].includes(method)) {
      response.setHeader('Allow', methods[endpoint].join(', '));
      sendJson(response, 405, { error: 'invalid_request' });
    } else if (body === undefined) sendJson(response, 413, { error: 'invalid_request' });
    else this.#dispatch(endpoint, { uri, headers, isPost, body }, response);
  }

  #dispatch(endpoint: Exclude<TestEndpoint, 'other'>, request: ReadRequest, response: ServerResponse): void {
    switch (endpoint) {
      case 'authorization':
        this.#authorize(request, response);
        break;
      case 'device':
        this.#decideDevice(request, response);
        break;
      case 'profile':
        this.#showProfile(request.headers.authorization, response);
        break;
      case 'metadata':
        sendJson(response, 200, this.#metadata());
        break;
      case 'jwks':
        sendJson(response, 200, publicKeys());
        break;
      default:
        this.#respondToClient(endpoint, request, response);
    }
  }

  #authorize({ uri, isPost, body }: ReadRequest, response: ServerResponse): void {
    const params = this.#pushed.resolve(uri.searchParams);
    if (params === undefined) {
      sendPage(response, errorPage('`request_uri` is unknown, expired, or of another client.'));
      return;
    }
    const result = authorize(params, isPost ? decisionOf(body) : undefined, {
      issuer: this.issuer,
      behavior: this.behavior,
      clients: this.#clients,
      tokens: this.tokens,
    });
    switch (result.kind) {
      case 'error_page':
        sendPage(response, errorPage(result.problem));
        return;
      case 'consent': {
        const { client, redirectUri, scope } = result;
        const { accounts } = this.behavior;
        const preselected = preselectedAccount(accounts, params.get('login_hint'));
        const action = uri.pathname + uri.search;
        sendPage(response, consentPage({ action, client, scope, accounts, preselected, target: { redirectUri } }));
        return;
      }
      case 'form_post':
        sendPage(response, formPostPage(result.action, result.params));
        break;
      case 'redirect':
        response.writeHead(303, { Location: result.uri, 'Cache-Control': 'no-store' }).end();
    }
    this.#pushed.forget(uri.searchParams);
  }

  #decideDevice({ uri, isPost, body }: ReadRequest, response: ServerResponse): void {
    const typed = uri.searchParams.get('user_code') ?? '';
    const device = this.#devices.find(typed);
    const decided = isPost ? decisionOf(body) : undefined;
    if (device === undefined) {
      sendPage(response, userCodePage(uri.pathname, typed));
    } else if (decided === undefined) {
      const { client, scope, userCode } = device;
      const action = uri.pathname + uri.search;
      const { accounts } = this.behavior;
      const [preselected] = accounts;
      sendPage(response, consentPage({ action, client, scope, accounts, preselected, target: { userCode } }));
    } else {
      this.#devices.decide(device, decided.decision, decided.account ?? this.behavior.accounts[0]?.id ?? '');
      sendPage(response, deviceDecidedPage(decided.decision));
    }
  }

  #respondToClient(
    endpoint: 'token' | 'revocation' | 'device_authorization' | 'pushed_authorization_request' | 'registration',
    { headers, body }: ReadRequest,
    response: ServerResponse,
  ): void {
    try {
      if (endpoint === 'registration') {
        sendJson(response, 201, this.#clients.register(parsedJson(body)));
        return;
      }
      if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
        throw errorResponse('invalid_request', 'The body must be application/x-www-form-urlencoded.');
      }
      const { tokenError } = this.behavior;
      if (endpoint === 'token' && tokenError !== undefined) throw new ErrorResponse(tokenError);
      const params = new URLSearchParams(body);
      if (repeatedParameter(params) !== undefined) {
        throw errorResponse('invalid_request', 'A parameter occurs more than once.');
      }
      const client = this.#clients.authenticate(params, headers.authorization);
      if (endpoint === 'token') sendJson(response, 200, this.tokens.redeem(params, client));
      else if (endpoint === 'revocation') {
        this.tokens.revoke(params.get('token'), client);
        response.writeHead(200, { 'Cache-Control': 'no-store' }).end();
      } else if (endpoint === 'pushed_authorization_request')
        sendJson(response, 201, this.#pushed.push(client, params));
      else {
        const scope = params.get('scope') ?? undefined;
        sendJson(response, 200, this.#devices.begin(client, scope, this.uriOf('device')));
      }
    } catch (error) {
      if (!(error instanceof ErrorResponse)) throw error;
      sendJson(response, error.status, errorParams(error.response));
    }
  }

  #showProfile(authorization: string | undefined, response: ServerResponse): void {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    const account = token === undefined ? undefined : this.tokens.accountOf(token);
    if (account !== undefined) {
      const { accounts } = this.behavior;
      // `configure` may have replaced the account since.
      sendJson(response, 200, (accounts.find(({ id }) => id === account) ?? accounts[0])?.profile ?? {});
      return;
    }
    // RFC 6750, section 3.1: without a token there is no error code.
    response.setHeader('WWW-Authenticate', token === undefined ? 'Bearer' : 'Bearer error="invalid_token"');
    sendJson(response, 401, token === undefined ? {} : { error: 'invalid_token' });
  }

  /** @see [RFC 8414, section 2](https://www.rfc-editor.org/rfc/rfc8414#section-2) */
  #metadata(): Readonly<Record<string, unknown>> {
    return {
      issuer: this.issuer,
      authorization_endpoint: this.uriOf('authorization').href,
      token_endpoint: this.uriOf('token').href,
      revocation_endpoint: this.uriOf('revocation').href,
      jwks_uri: this.uriOf('jwks').href,
      userinfo_endpoint: this.uriOf('profile').href,
      device_authorization_endpoint: this.uriOf('device_authorization').href,
      pushed_authorization_request_endpoint: this.uriOf('pushed_authorization_request').href,
      registration_endpoint: this.uriOf('registration').href,
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'token'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      grant_types_supported: ['authorization_code', 'implicit', 'refresh_token', deviceGrantType],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: this.behavior.responseParams['iss'] !== null,
    };
  }
}

function decisionOf(body: string): UserDecision | undefined {
  const form = new URLSearchParams(body);
  const decision = form.get('decision');
  const isDecision = (text: string | null): text is Decision => text === 'allow' || text === 'deny';
  return isDecision(decision) ? { decision, account: form.get('account') ?? undefined } : undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The registration says what it must be.
  }
}

/** The body as text; undefined if it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyLimit) chunks.push(chunk);
  }
  return size > bodyLimit ? undefined : Buffer.concat(chunks).toString();
}

function sendJson(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}
