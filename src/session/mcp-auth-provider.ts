import type {
  Client,
  OAuthClientInformationContext,
  OAuthClientMetadata,
  OAuthClientProvider,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
  StreamableHTTPClientTransportOptions,
} from '@modelcontextprotocol/client';
import { McpConnection } from './mcp-connection.js';
import type { McpChallenge } from './mcp-discovery.js';
import { checkMcpOptions, type McpAuthProviderOptions } from './mcp-options.js';
import { importMcpSdk } from './mcp-sdk.js';
import { SessionError } from './session-error.js';

/**
 * The sign-in of an MCP host at one MCP server: {@link createMcpAuthProvider} makes one.
 *
 * It is an `OAuthClientProvider` of `@modelcontextprotocol/client`. A host that makes its own transport gives it both
 * `authProvider: provider` and `fetch: provider.fetch`.
 */
export interface McpAuthProvider extends OAuthClientProvider {
  /**
   * Connects a client over Streamable HTTP. If the server asks for a sign-in, the user signs in first.
   *
   * @param client - a client of the MCP SDK
   * @param transportOptions - of the SDK's transport; its `fetch` is used for all requests
   * @throws `SessionError` with `SIGN_IN_REQUIRED` if the user would have to sign in and `interactive` is false; `REFRESH_FAILED`
   * if the authorization server is out of reach
   * @throws `AuthError` if the sign-in fails
   * @throws what `client.connect()` throws
   */
  connect(client: Client, transportOptions?: Omit<StreamableHTTPClientTransportOptions, 'authProvider'>): Promise<void>;
  /**
   * The `fetch` of a transport of the host. Requests to the MCP server carry the access token, which is refreshed if needed. A 401, or
   * a 403 that asks for a further scope, leads to one sign-in, and the request is sent once more. Other requests pass unchanged.
   */
  readonly fetch: (input: string | URL, init?: RequestInit) => Promise<Response>;
  /**
   * Signs the user out of this MCP server: revokes the tokens (RFC 7009), deletes them, and forgets the registration.
   *
   * @returns whether the authorization server has confirmed it
   */
  signOut(options?: { signal?: AbortSignal | undefined }): Promise<{
    /** Whether the provider has confirmed that they end. */
    revoked: boolean;
  }>;
}

/**
 * Makes the sign-in of an MCP host at one MCP server: it registers the client, signs the user in once, and keeps access tokens valid,
 * in every process of the host. Registration and tokens belong to the server, the resource, the client and the authorization server,
 * and are sent to no other.
 *
 * @param options - `name` and `serverUrl` are required
 * @returns the provider. Nothing is read or sent before it is used.
 * @throws TypeError or RangeError naming the option that was wrong
 *
 * @example
 * ```ts
 * import { Client } from '@modelcontextprotocol/client';
 * import { createMcpAuthProvider } from 'embed-auth-server/mcp';
 *
 * const client = new Client({ name: 'my-host', version: '1.0.0' });
 * const provider = createMcpAuthProvider({ name: 'my-host', serverUrl: 'https://mcp.example.com/mcp' });
 * await provider.connect(client);
 * ```
 *
 * @see [MCP, authorization](https://modelcontextprotocol.io/specification/draft/basic/authorization)
 */
export function createMcpAuthProvider(options: McpAuthProviderOptions): McpAuthProvider {
  return new Provider(new McpConnection(checkMcpOptions(options)));
}

class Provider implements McpAuthProvider {
  readonly #connection: McpConnection;

  constructor(connection: McpConnection) {
    this.#connection = connection;
  }

  readonly fetch = (input: string | URL, init?: RequestInit): Promise<Response> =>
    this.#connection.fetch(globalThis.fetch, input, init);

  async connect(
    client: Client,
    transportOptions: Omit<StreamableHTTPClientTransportOptions, 'authProvider'> = {},
  ): Promise<void> {
    const { StreamableHTTPClientTransport } = await importMcpSdk();
    const { fetch = globalThis.fetch, ...options } = transportOptions;
    const signIns = this.#connection.signInCount;
    for (;;) {
      let challenge: McpChallenge | undefined;
      let isConnecting = true;
      // The SDK ends each request after a minute, which is too short for a user: the sign-in comes between two attempts.
      const onChallenge = (found: McpChallenge): void => {
        if (!isConnecting) return;
        challenge = found;
        throw new SessionError('SIGN_IN_REQUIRED', 'The MCP server asks the user to sign in.');
      };
      const transport = new StreamableHTTPClientTransport(this.#connection.serverUrl, {
        ...options,
        authProvider: this,
        fetch: (input, init) =>
          this.#connection.fetch(fetch, input, init, isConnecting ? { signIns, onChallenge } : {}),
      });
      try {
        await client.connect(transport);
        return;
      } catch (error) {
        if (challenge === undefined) throw error;
        await transport.close();
        await this.#connection.signIn(challenge, fetch);
      } finally {
        isConnecting = false;
      }
    }
  }

  async signOut(options: { signal?: AbortSignal | undefined } = {}): Promise<{ revoked: boolean }> {
    return await this.#connection.signOut(options.signal);
  }

  /** Where the SDK would redirect to. The redirect URI of a sign-in is known when its server listens. */
  get redirectUrl(): string {
    return 'http://127.0.0.1/callback';
  }

  get clientMetadata(): OAuthClientMetadata {
    return { ...this.#connection.clientMetadata, redirect_uris: [this.redirectUrl] };
  }

  async clientInformation(context?: OAuthClientInformationContext): Promise<StoredOAuthClientInformation | undefined> {
    return await this.#connection.client(context?.issuer);
  }

  /** Without the refresh token: with it, the SDK would sign the user out at every failure of the network. */
  async tokens(context?: OAuthClientInformationContext): Promise<StoredOAuthTokens | undefined> {
    return await this.#connection.tokens(context?.issuer);
  }

  saveClientInformation(): never {
    throw withoutFetch();
  }

  saveTokens(): never {
    throw withoutFetch();
  }

  redirectToAuthorization(): never {
    throw withoutFetch();
  }

  saveCodeVerifier(): never {
    throw withoutFetch();
  }

  codeVerifier(): never {
    throw withoutFetch();
  }
}

/** The SDK signs in by itself if it sees a 401, which {@link McpAuthProvider.fetch} does not let through. */
function withoutFetch(): TypeError {
  return new TypeError(
    'The transport needs the `fetch` of this provider: new StreamableHTTPClientTransport(url, { authProvider: provider, fetch: provider.fetch }), or use `provider.connect(client)`',
  );
}
