// Tokens in VS Code's SecretStorage, which encrypts them and shares them among the windows of this machine.
import type { TokenStore } from 'embed-auth-server/session';

/** What is used of `context.secrets`, the `SecretStorage` of an extension. */
export interface SecretStorage {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/** @param secrets - `context.secrets`, which `activate(context)` receives */
export function createSecretStorageTokenStore(secrets: SecretStorage): TokenStore {
  return {
    read: async (key) => secrets.get(key),
    write: async (key, text) => secrets.store(key, text),
    delete: async (key) => secrets.delete(key),
    // No `lock`: the extension hosts of all windows run on this machine, so the session's file lock is enough.
  };
}
