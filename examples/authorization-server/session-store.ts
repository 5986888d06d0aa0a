import session from 'express-session';

/** What the browser's session holds, beside the transactions that oauth2orize keeps there. */
declare module 'express-session' {
  interface SessionData {
    username: string;
    /** Authorization requests (their query strings) that wait for somebody to sign in, by a random id. */
    waiting: Record<string, string>;
  }
}

/** Keeps the sessions in memory. express-session's own store would write a warning to the console in production. */
export class SessionStore extends session.Store {
  readonly #sessions = new Map<string, string>();

  override get(id: string, callback: (error: unknown, session?: session.SessionData | null) => void): void {
    const stored = this.#sessions.get(id);
    // Written by `set` below, so it is what it says.
    callback(null, stored === undefined ? null : (JSON.parse(stored) as session.SessionData));
  }

  override set(id: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    this.#sessions.set(id, JSON.stringify(data));
    callback?.();
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#sessions.delete(id);
    callback?.();
  }
}
