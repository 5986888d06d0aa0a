// Tokens in an SQLite database that the app has anyway. It needs Node 24.
import type { TokenStore } from 'embed-auth-server/session';
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** @param file - the tokens in it are not encrypted; a new file can be read by this user only */
export function createSqliteTokenStore(file: string): TokenStore {
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec('CREATE TABLE IF NOT EXISTS tokens (key TEXT PRIMARY KEY, text TEXT NOT NULL)');
  const select = database.prepare('SELECT text FROM tokens WHERE key = ?');
  const replace = database.prepare('INSERT OR REPLACE INTO tokens (key, text) VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM tokens WHERE key = ?');
  return {
    read: (key) => select.get(key)?.['text'] as string | undefined, // a column of text
    write(key, text) {
      replace.run(key, text);
    },
    delete(key) {
      remove.run(key);
    },
    // No `lock`: all processes run on this machine, so the session's file lock is enough.
  };
}
