import type {
  OAuthClientMetadata,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { AuthError } from '../errors.js';
import { findAuthorizationServer, type McpChallenge } from './mcp-discovery.js';
import { McpMemoryFile, type McpMemory } from './mcp-memory.js';
import type { CheckedMcpOptions } from './mcp-options.js';
import { importMcpSdk } from './mcp-sdk.js';
import { signInToMcpServer } from './mcp-sign-in.js';
import { McpSource } from './mcp-source.js';
import { SessionError } from './session-error.js';
import { isReadOnce, SessionFetch } from './session-fetch.js';
import { TokenSession } from './token-session.js';
import type { Stored } from './stored-tokens.js';

/** @internal A `fetch`, as the MCP SDK takes it. */
export type McpFetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** What the next sign-in asks for. */
interface SignInRequest {
  readonly found: Awaited<ReturnType<typeof findAuthorizationServer>>;
  readonly scope: string | undefined;
  readonly fetch: McpFetch;
}

/** @internal */
export interface McpCall {
  readonly signIns?: number;
  readonly onChallenge?: (challenge: McpChallenge) => void;
}

/** A response, and the tokens that its request was sent with. */
interface Sent {
  readonly response: Response;
  /** How often the user had signed in when the request was sent. */
  readonly signIns: number;
  readonly issuer?: string | undefined;
  readonly stored?: Stored | undefined;
}

/** How often a request is sent: at first, after a sign-in, and after one for a further scope. */
const attempts = 3;

/** @internal One MCP server, and the sessions at the authorization servers that it names. */
export class McpConnection {
  readonly #options: CheckedMcpOptions;
  readonly #memory: McpMemoryFile;
  /** By issuer. */
  readonly #sessions = new Map<string, TokenSession>();
  readonly #fetches = new WeakMap<TokenSession, SessionFetch>();
  readonly #requests = new Map<string, SignInRequest>();

  #signInCount = 0;

  constructor(options: CheckedMcpOptions) {
    this.#options = options;
    this.#memory = new McpMemoryFile(options.store, JSON.stringify([...options.key, 'registration']));
  }

  /** How often the user has signed in here. */
  get signInCount(): number {
    return this.#signInCount;
  }

  get serverUrl(): URL {
    return this.#options.serverUrl;
  }

  get clientMetadata(): Partial<OAuthClientMetadata> {
    return this.#options.clientMetadata;
  }

  /** The client at the authorization server of the last sign-in, or at no other than `issuer`. */
  async client(issuer: string | undefined): Promise<StoredOAuthClientInformation | undefined> {
    const memory = await this.#memory.read();
    const wanted = issuer ?? memory.issuer;
    return wanted === undefined ? undefined : memory.registrations[wanted]?.client;
  }

  async tokens(issuer: string | undefined): Promise<StoredOAuthTokens | undefined> {
    const { issuer: current } = await this.#memory.read();
    if (current === undefined || (issuer !== undefined && issuer !== current)) return undefined;
    const tokens = await this.#session(current).peek();
    if (tokens === undefined) return undefined;
    const { accessToken, scope } = tokens;
    return { access_token: accessToken, token_type: 'Bearer', ...(scope !== undefined && { scope }), issuer: current };
  }

  /**
   * Sends a request, with the access token if it goes to the MCP server.
   *
   * @param call - `signIns`: how many sign-ins preceded, by {@link McpConnection.signInCount}; `onChallenge`: called before the user is
   * asked to sign in; what it throws ends the request
   */
  async fetch(
    send: McpFetch,
    input: string | URL,
    init: RequestInit = {},
    { signIns = this.#signInCount, onChallenge }: McpCall = {},
  ): Promise<Response> {
    if (!this.#isProtected(input, init)) return await send(input, init);
    for (let attempt = 1; ; attempt += 1) {
      const sent = await this.#sendWithToken(send, input, init);
      const challenge = await readChallenge(sent.response, this.serverUrl);
      if (challenge === undefined || isReadOnce(undefined, init.body)) return sent.response;
      await sent.response.body?.cancel();
      await this.#assertUseful(challenge, attempt, sent.signIns > signIns);
      onChallenge?.(challenge);
      await this.signIn(challenge, send, { sent, signal: init.signal ?? undefined });
    }
  }

  /**
   * Signs the user in at the authorization server that the MCP server names now. If another request, or another process, has brought
   * tokens since the request was sent, those are used.
   */
  async signIn(
    challenge: McpChallenge,
    send: McpFetch,
    { sent, signal }: { sent?: Sent; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { interactive, serverUrl } = this.#options;
    if (!interactive) {
      const reason = `${serverUrl.host} asks the user to sign in, and \`interactive\` is false.`;
      throw new SessionError('SIGN_IN_REQUIRED', reason);
    }
    const fetch = send as typeof globalThis.fetch; // The SDK calls it with addresses only.
    const memory = await this.#memory.read();
    const sdk = await importMcpSdk();
    const found = await findAuthorizationServer(sdk, serverUrl, challenge, { known: memory.issuer, fetch });
    const session = this.#session(found.issuer);
    const before = sent === undefined ? await session.read() : sent.issuer === found.issuer ? sent.stored : undefined;
    this.#requests.set(found.issuer, { found, scope: union(memory, challenge), fetch: send });
    const call = { minimumLifetime: 0, interactive, forceRefresh: false, signal };
    await session.signInAgain(call, before, `${serverUrl.host} asks the user to sign in`);
    if ((await this.#memory.read()).issuer === found.issuer) return;
    await this.#memory.update((now) => ({ ...now, issuer: found.issuer }));
  }

  async signOut(signal: AbortSignal | undefined): Promise<{ revoked: boolean }> {
    const { registrations } = await this.#memory.read();
    const signOuts = Object.keys(registrations).map((issuer) => this.#session(issuer).signOut({ signal }));
    await Promise.allSettled(signOuts);
    const results = await Promise.all(signOuts);
    // It leads to the tokens, so it stays if some could not be deleted.
    await this.#memory.delete();
    return { revoked: results.length > 0 && results.every(({ revoked }) => revoked) };
  }

  /** The requests of a transport go to the server's address, or carry the token already. Discovery and the like do neither. */
  #isProtected(input: string | URL, { headers }: RequestInit): boolean {
    const uri = new URL(input);
    const { origin, pathname } = this.serverUrl;
    return uri.origin === origin && (uri.pathname === pathname || new Headers(headers).has('authorization'));
  }

  async #sendWithToken(send: McpFetch, input: string | URL, init: RequestInit): Promise<Sent> {
    const { issuer } = await this.#memory.read();
    const session = issuer === undefined ? undefined : this.#session(issuer);
    const signIns = this.#signInCount;
    const stored = await session?.read();
    if (session !== undefined && stored !== undefined) {
      try {
        const withTokens = this.#fetchOf(session).send(input, init, (target, options) =>
          send(target as string | URL, options),
        );
        return { ...(await withTokens), signIns, issuer };
      } catch (error) {
        if (!(error instanceof SessionError) || error.code !== 'SIGN_IN_REQUIRED') throw error;
      }
    }
    // The response says which authorization server, and which scopes.
    const headers = new Headers(init.headers);
    headers.delete('authorization');
    return { response: await send(input, { ...init, headers }), signIns, issuer, stored };
  }

  /** A scope that was asked for already is not asked for again, and a token of a new sign-in is not replaced again. */
  async #assertUseful({ status, scope }: McpChallenge, attempt: number, hasSignedIn: boolean): Promise<void> {
    const { host } = this.serverUrl;
    if (status === 401) {
      if (attempt < attempts && !hasSignedIn) return;
      throw new AuthError(
        'PROVIDER_REJECTED',
        `${host} rejects the access token of a sign-in that has just succeeded: it does not fit together with its authorization server.`,
      );
    }
    const asked = scopesOf((await this.#memory.read()).scope);
    if (attempt < attempts && scopesOf(scope).some((name) => !asked.includes(name))) return;
    throw new AuthError(
      'INSUFFICIENT_SCOPE',
      `${host} demands a scope that was not granted: ${scope ?? 'it does not say which'}. Sign out and in again, with an account that has it.`,
    );
  }

  /** One for all requests: it remembers which token was rejected although it was new. */
  #fetchOf(session: TokenSession): SessionFetch {
    let found = this.#fetches.get(session);
    if (found === undefined) this.#fetches.set(session, (found = new SessionFetch(session, false, this.serverUrl)));
    return found;
  }

  #session(issuer: string): TokenSession {
    let session = this.#sessions.get(issuer);
    if (session === undefined) {
      const { name, store, key, interactive, login } = this.#options;
      const source = new McpSource({
        issuer,
        memory: this.#memory,
        signIn: (signal, save) => this.#runSignIn(issuer, signal, save),
      });
      const signIn = (): never => {
        throw new TypeError('An MCP session signs in by its source'); // The source is given.
      };
      const options = { name, store, interactive, key: JSON.stringify([...key, issuer]), signIn };
      session = new TokenSession(options, { source, writesLines: login.terminal !== false });
      this.#sessions.set(issuer, session);
    }
    return session;
  }

  /** Called under the lock of the sign-in. */
  async #runSignIn(
    issuer: string,
    signal: AbortSignal,
    save: (tokens: Readonly<Record<string, unknown>>) => Promise<void>,
  ): Promise<void> {
    const request = this.#requests.get(issuer);
    if (request === undefined) throw new TypeError('No sign-in was asked for');
    await signInToMcpServer({
      sdk: await importMcpSdk(),
      options: this.#options,
      authorizationServer: request.found,
      memory: this.#memory,
      scope: request.scope,
      fetch: request.fetch as typeof globalThis.fetch, // The SDK calls it with addresses only.
      signal,
      save,
    });
    this.#signInCount += 1;
  }
}

function scopesOf(scope: string | undefined): string[] {
  return scope?.split(' ').filter(Boolean) ?? [];
}

/** With a further scope, those of the last sign-in stay. */
function union(memory: McpMemory, { status, scope }: McpChallenge): string | undefined {
  const before = status === 403 ? scopesOf(memory.scope) : [];
  return [...new Set([...before, ...scopesOf(scope)])].join(' ') || undefined;
}

/** What the MCP server asks for. What another server asks for, after a redirect, is not its business. */
async function readChallenge(response: Response, { origin }: URL): Promise<McpChallenge | undefined> {
  const { status, url } = response;
  if ((status !== 401 && status !== 403) || (url !== '' && new URL(url).origin !== origin)) return undefined;
  const { extractWWWAuthenticateParams } = await importMcpSdk();
  const challenge = { ...extractWWWAuthenticateParams(response), status };
  return status === 401 || challenge.error === 'insufficient_scope' ? challenge : undefined;
}
