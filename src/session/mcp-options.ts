import type { OAuthClientMetadata } from '@modelcontextprotocol/client';
import { assertKnownOptions } from '../oauth/known-options.js';
import { flag, optional, readOptions, text, type OptionRows } from '../oauth/option-rows.js';
import { FileTokenStore } from './file-store.js';
import { anyObject, documentUri, loginHint, resourceUri, safeUri, tokenStore } from './option-checks.js';
import type { SessionLoginOptions } from './session-options.js';
import { checkName } from './store-folder.js';
import type { TokenStore } from './token-store.js';

/** The options of {@link createMcpAuthProvider}. */
export interface McpAuthProviderOptions {
  /** The name of the host, 1 to 64 of the characters a-z, 0-9, `.`, `_` and `-`: the folder of registration and tokens. */
  name: string;
  /** The MCP server, such as `https://mcp.example.com/mcp`: https, or http on this machine. */
  serverUrl: string | URL;
  /** The resource indicator (RFC 8707). @default the one that the server's metadata name */
  resource?: string | URL | undefined;
  /** Members of the client's metadata (RFC 7591), such as `client_name`, `scope` or `logo_uri`. @default `client_name` is `name` */
  clientMetadata?: Omit<Partial<OAuthClientMetadata>, 'redirect_uris'> | undefined;
  /** The id of a client that was registered in advance. @default the client registers itself (RFC 7591) */
  clientId?: string | undefined;
  /** Its secret, if it has one. @default none: a public client */
  clientSecret?: string | undefined;
  /** The https address of a client ID metadata document, used if the authorization server supports them. @default none */
  clientMetadataUrl?: string | URL | undefined;
  /** Where registration and tokens are kept. @default `createFileTokenStore({ name })` */
  store?: TokenStore | undefined;
  /** Whether the user may be asked to sign in; otherwise that rejects with `SIGN_IN_REQUIRED`. @default true */
  interactive?: boolean | undefined;
  /** The options of the sign-in. `terminal` is true by default. */
  login?: SessionLoginOptions | undefined;
}

const rows = {
  name: checkName,
  serverUrl: safeUri,
  resource: optional(resourceUri),
  clientMetadata: optional(anyObject, {}),
  clientId: optional(text),
  clientSecret: optional(text),
  clientMetadataUrl: optional(documentUri),
  store: optional(tokenStore),
  interactive: optional(flag, true),
  login: optional(anyObject, {}),
} satisfies OptionRows<McpAuthProviderOptions>;

/** @internal The options, checked and complete. */
export interface CheckedMcpOptions {
  readonly name: string;
  readonly serverUrl: URL;
  readonly resource: string | undefined;
  readonly clientMetadata: Partial<OAuthClientMetadata>;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly clientMetadataUrl: string | undefined;
  readonly store: TokenStore;
  readonly interactive: boolean;
  readonly login: SessionLoginOptions;
  /** Whose registration and tokens these are, apart from the authorization server. */
  readonly key: readonly string[];
}

/** @internal Checks the options before anything is done. */
export function checkMcpOptions(given: McpAuthProviderOptions): CheckedMcpOptions {
  assertKnownOptions('createMcpAuthProvider', given, rows, loginHint);
  const options = readOptions(given, rows);
  const { name, serverUrl, resource, clientMetadata, clientId, clientSecret, clientMetadataUrl, store } = options;
  serverUrl.hash = '';
  if (clientSecret !== undefined && clientId === undefined) throw new TypeError('`clientSecret` requires `clientId`');
  if (clientId !== undefined && clientMetadataUrl !== undefined) {
    throw new TypeError('`clientId` cannot be combined with `clientMetadataUrl`: choose one');
  }
  if ('redirect_uris' in clientMetadata) {
    throw new TypeError('`clientMetadata.redirect_uris` cannot be given: set `login.redirectUri`');
  }
  return {
    ...options,
    clientMetadata: { client_name: name, ...clientMetadata },
    store: store ?? new FileTokenStore(name),
    key: ['mcp', serverUrl.href, resource ?? '', clientId ?? clientMetadataUrl ?? ''],
  };
}
