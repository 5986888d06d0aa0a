import type { IncomingMessage } from 'node:http';

/** A store that does not report the end of a save holds no page for longer. Milliseconds. */
const limit = 10_000;

/** @internal Saves the session of a request, as express-session (with a callback) and iron-session (with a promise) do it. */
export function saveSession(request: IncomingMessage): Promise<void> {
  const { session } = request as { session?: unknown }; // Session middlewares add it.
  const { save } = Object(session) as { save?: unknown };
  if (typeof save !== 'function') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, limit);
    const end = (error?: unknown): void => {
      clearTimeout(timer);
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The session could not be saved'));
    };
    const saving: unknown = Reflect.apply(save, session, [end]);
    if (typeof (Object(saving) as { then?: unknown }).then === 'function') {
      Promise.resolve(saving).then(() => {
        end();
      }, end);
    }
  });
}
