// Tokens in files that Electron's safeStorage has encrypted. Call it when the app is ready.
import type { SafeStorage } from 'electron';
import { createFileTokenStore, type TokenStore } from 'embed-auth-server/session';

type Encryption = Pick<
  SafeStorage,
  'isEncryptionAvailable' | 'getSelectedStorageBackend' | 'encryptString' | 'decryptString'
>;

/** @param safeStorage - that of Electron's main process */
export function createSafeStorageTokenStore(name: string, safeStorage: Encryption): TokenStore {
  // On Linux without a keyring, Electron encrypts with a key that everybody knows.
  const isKnown = process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text';
  if (isKnown || !safeStorage.isEncryptionAvailable()) {
    throw new Error('This computer has no keyring, so the tokens cannot be encrypted');
  }
  const files = createFileTokenStore({ name }); // for its modes, and for writing the whole text at once
  return {
    async read(key) {
      const text = await files.read(key);
      return text && safeStorage.decryptString(Buffer.from(text, 'base64'));
    },
    write: (key, text) => files.write(key, safeStorage.encryptString(text).toString('base64')),
    delete: (key) => files.delete(key),
    // No `lock`: all processes run on this machine, so the session's file lock is enough.
  };
}
