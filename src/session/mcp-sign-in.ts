import type {
  AuthorizationServerMetadata,
  OAuthClientMetadata,
  OAuthClientProvider,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { AuthError } from '../errors.js';
import type { McpAuthorizationServer } from './mcp-discovery.js';
import type { McpMemoryFile, McpRegistration } from './mcp-memory.js';
import type { CheckedMcpOptions } from './mcp-options.js';
import type { McpSdk } from './mcp-sdk.js';

/** @internal What a sign-in at an MCP server's authorization server needs. */
export interface McpSignInContext {
  readonly sdk: McpSdk;
  readonly options: CheckedMcpOptions;
  readonly authorizationServer: McpAuthorizationServer;
  readonly memory: McpMemoryFile;
  /** The scopes to ask for, space-delimited. */
  readonly scope: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /** Saves the tokens. The page says success when it has resolved. */
  readonly save: (tokens: Readonly<Record<string, unknown>>) => Promise<void>;
}

/**
 * @internal Signs the user in at the authorization server of an MCP server, with the SDK's own requests. If the server has forgotten
 * the remembered registration, the client registers again, once.
 */
export async function signInToMcpServer(context: McpSignInContext): Promise<void> {
  const { issuer } = context.authorizationServer;
  const remembered = (await context.memory.read()).registrations[issuer];
  const first = new McpSignIn(context, remembered);
  try {
    await first.run();
  } catch (error) {
    if (!first.mayBeForgotten(error)) throw error;
    // Such a server shows an error page of its own and redirects nowhere.
    const second = new McpSignIn(context, undefined);
    try {
      await second.run();
      process.emitWarning(
        `The authorization server ${issuer} no longer knew the client that was registered earlier. It was registered again.`,
        { code: 'EMBED_AUTH_REGISTRATION_FORGOTTEN' },
      );
    } catch (again) {
      if (!(again instanceof AuthError) || again.code !== 'TIMED_OUT') throw again;
      throw new AuthError(
        'TIMED_OUT',
        `${again.message} The client was registered again at ${issuer}, since the registration of an earlier run may have been forgotten; that sign-in was not finished either.`,
        { cause: again },
      );
    }
  }
}

/** One attempt. It is the SDK's client provider, for the time of the sign-in. */
class McpSignIn implements OAuthClientProvider {
  readonly #context: McpSignInContext;
  readonly #remembered: McpRegistration | undefined;
  #client: StoredOAuthClientInformation | undefined;
  #isClientRejected = false;
  #redirectUri = '';
  #state = '';
  #verifier = '';
  #resource: string | undefined;
  #tokens: StoredOAuthTokens | undefined;
  #authorizationUri: URL | undefined;
  readonly clientMetadataUrl?: string;
  readonly validateResourceURL?: () => Promise<URL>;

  constructor(context: McpSignInContext, remembered: McpRegistration | undefined) {
    const { resource, clientId, clientSecret, clientMetadataUrl } = context.options;
    this.#context = context;
    this.#remembered = clientId === undefined ? remembered : undefined;
    if (clientId !== undefined) {
      const { issuer } = context.authorizationServer;
      this.#client = {
        client_id: clientId,
        ...(clientSecret !== undefined && { client_secret: clientSecret }),
        issuer,
      };
    }
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl;
    if (resource !== undefined) this.validateResourceURL = () => Promise.resolve(new URL(resource));
  }

  /** Whether the error may mean that the authorization server no longer knows the remembered client. */
  mayBeForgotten(error: unknown): boolean {
    if (this.#remembered === undefined || this.#client !== this.#remembered.client) return false;
    return this.#isClientRejected || (error instanceof AuthError && error.code === 'TIMED_OUT');
  }

  async run(): Promise<void> {
    const { sdk, options, scope, fetch, signal } = this.#context;
    const { login } = await import('../login/login.js');
    const { responseMode, ...loginOptions } = options.login;
    const request = {
      serverUrl: options.serverUrl,
      fetchFn: fetch,
      ...(scope !== undefined && { scope }),
      forceReauthorization: true,
    };
    await login<'code', undefined>({
      ...this.#redirect(),
      terminal: loginOptions.prompt === undefined,
      ...loginOptions,
      signal,
      authorizationUri: async ({ redirectUri, state }) => {
        this.#redirectUri = redirectUri;
        this.#state = state;
        await sdk.auth(this, request);
        if (this.#authorizationUri === undefined) throw new Error('The MCP SDK has made no authorization request.');
        if (responseMode !== undefined) this.#authorizationUri.searchParams.set('response_mode', responseMode);
        return this.#authorizationUri;
      },
      // The SDK checks `iss`; `state` was checked before.
      exchange: async ({ params }) => {
        const iss = params.get('iss');
        const code = params.get('code') ?? '';
        await sdk.auth(this, { ...request, authorizationCode: code, ...(iss !== null && { iss }) });
        await this.#save();
        return undefined;
      },
    });
  }

  /** The client first: without it, the refresh token is worth nothing. */
  async #save(): Promise<void> {
    const { authorizationServer, options, memory, scope, save } = this.#context;
    const { issuer, discovery } = authorizationServer;
    if (this.#tokens === undefined || this.#client === undefined) throw new Error('The MCP SDK has saved no tokens.');
    const registration = {
      client: this.#client,
      isDynamic: options.clientId === undefined && this.#client.client_id !== options.clientMetadataUrl,
      redirectUri: this.#redirectUri,
      metadata: checkedMetadata(issuer, discovery.authorizationServerMetadata),
      resource: this.#resource,
    };
    await memory.update((before) => ({
      issuer,
      scope: this.#requestedScope() ?? scope,
      registrations: { ...before.registrations, [issuer]: registration },
    }));
    await save({ ...this.#tokens });
  }

  /** The registration is for one port. If another program has it now, any free port is used, and the client registers again. */
  #redirect(): { redirectUri?: string; port?: number[] } {
    const { login, clientId } = this.#context.options;
    const isGiven = [login.redirectUri, login.port, login.publicUri, login.server].some((value) => value !== undefined);
    if (isGiven || clientId !== undefined) return {};
    const saved = this.#remembered === undefined ? 0 : Number(new URL(this.#remembered.redirectUri).port);
    return { redirectUri: 'http://127.0.0.1/callback', port: saved === 0 ? [0] : [saved, 0] };
  }

  #requestedScope(): string | undefined {
    return this.#authorizationUri?.searchParams.get('scope') ?? undefined;
  }

  get redirectUrl(): string {
    return this.#redirectUri;
  }

  get clientMetadata(): OAuthClientMetadata {
    const { clientMetadata } = this.#context.options;
    return {
      token_endpoint_auth_method: 'none',
      // better-auth refuses a loopback redirect URI of a client that is not native.
      application_type: 'native',
      ...clientMetadata,
      redirect_uris: [this.#redirectUri],
    };
  }

  state(): string {
    return this.#state;
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    // A registration is for its redirect URI.
    if (this.#remembered?.redirectUri === this.#redirectUri) this.#client ??= this.#remembered.client;
    return this.#client;
  }

  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.#client = client;
  }

  /** None: this is a sign-in, not a refresh. */
  tokens(): undefined {
    return undefined;
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens;
  }

  invalidateCredentials(scope: string): void {
    if (scope === 'client' || scope === 'all') this.#isClientRejected = true;
  }

  saveCodeVerifier(codeVerifier: string): void {
    this.#verifier = codeVerifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveResourceUrl(resource: string): void {
    this.#resource = resource;
  }

  discoveryState(): McpAuthorizationServer['discovery'] {
    return this.#context.authorizationServer.discovery;
  }

  saveDiscoveryState(): void {
    // It is found before the sign-in begins.
  }

  redirectToAuthorization(uri: URL): void {
    this.#authorizationUri = uri;
  }
}

/** The SDK has validated the metadata. A server without any has the default endpoints of the MCP authorization of March 2025. */
function checkedMetadata(
  issuer: string,
  metadata: AuthorizationServerMetadata | undefined,
): McpRegistration['metadata'] {
  const at = (path: string): string => new URL(path, issuer).href;
  const defaults = { issuer, authorization_endpoint: at('/authorize'), token_endpoint: at('/token') };
  return metadata === undefined ? defaults : ({ ...metadata, issuer } as McpRegistration['metadata']);
}
