import type { StoredOAuthClientInformation } from '@modelcontextprotocol/client';
import type { AuthorizationServer } from 'oauth4webapi';
import { AuthError } from '../errors.js';
import type { TokenStore } from './token-store.js';

/** @internal How this client is known to one authorization server. */
export interface McpRegistration {
  /** The client, registered with this redirect URI. */
  readonly client: StoredOAuthClientInformation;
  readonly redirectUri: string;
  /** Whether the client registered itself. */
  readonly isDynamic: boolean;
  /** The token and revocation endpoints, and the authentication methods, that the metadata named at the sign-in. */
  readonly metadata: AuthorizationServer;
  /** The resource indicator that was sent (RFC 8707). */
  readonly resource?: string | undefined;
}

/** @internal What is remembered about one MCP server between two runs. It contains no token. */
export interface McpMemory {
  /** The authorization server of the last sign-in. */
  readonly issuer?: string | undefined;
  /** The scopes that were requested at the last sign-in, space-delimited. */
  readonly scope?: string | undefined;
  /** By issuer. */
  readonly registrations: Readonly<Record<string, McpRegistration>>;
}

const version = 1;

/** @internal Reads and writes an {@link McpMemory} in the store of the tokens. */
export class McpMemoryFile {
  readonly #store: TokenStore;
  readonly #key: string;

  constructor(store: TokenStore, key: string) {
    this.#store = store;
    this.#key = key;
  }

  async read(): Promise<McpMemory> {
    const text = await this.#store.read(this.#key);
    return text === undefined || text === null ? { registrations: {} } : parseMemory(text);
  }

  /** Changes what is stored now: two servers of one host may write at the same time. */
  async update(change: (memory: McpMemory) => McpMemory): Promise<McpMemory> {
    const memory = change(await this.read());
    await this.#store.write(this.#key, JSON.stringify({ version, ...memory }));
    return memory;
  }

  async delete(): Promise<void> {
    await this.#store.delete(this.#key);
  }
}

function parseMemory(text: string): McpMemory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Damaged: the client registers again.
    return { registrations: {} };
  }
  const memory = Object(value) as Partial<McpMemory> & { version?: unknown };
  if (memory.version !== version) {
    throw new AuthError(
      'STORE_UNREADABLE',
      'The registration of this MCP client was stored by another version of embed-auth-server. Update this program, or sign out with the other version.',
    );
  }
  const { issuer, scope, registrations } = memory;
  return {
    issuer: typeof issuer === 'string' ? issuer : undefined,
    scope: typeof scope === 'string' ? scope : undefined,
    registrations: isRecord(registrations) ? registrations : {},
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, McpRegistration>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
