import type { TokenStore } from 'embed-auth-server/session';
import type { SecretStorage } from 'vscode';

/** The tokens in the editor's secret storage. Without a `lock` of its own, the session locks by a file: all windows refresh once. */
export function createSecretStore(secrets: SecretStorage): TokenStore {
  return {
    read: async (key) => secrets.get(key),
    write: async (key, text) => secrets.store(key, text),
    delete: async (key) => secrets.delete(key),
  };
}
