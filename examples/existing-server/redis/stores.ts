// Sessions and expected requests of several instances in one Redis. It needs the packages `redis` and `connect-redis`.
import { RedisStore } from 'connect-redis';
import type { ExpectedRequest } from 'embed-auth-server';
import type { Request } from 'express';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { StoreError, type Stores } from '../stores.js';

declare module 'express-session' {
  interface SessionData {
    /** The browser has begun a sign-in. express-session gives no cookie to a session without data. */
    hasBegun: boolean;
  }
}

/** Seconds that a sign-in may take, and that a session lives after its last request. */
const lifetimes = { request: 3600, session: 86_400 };
/** Milliseconds. A command waits for Redis to come back, so a short restart is not noticed; then it fails. */
const limits = { connection: 2000, reply: 3000, betweenAttempts: 500 };

/** Both or neither: the old session ends, and the sign-ins that it has begun belong to the new id. */
const moveRequests = `
  redis.call('DEL', KEYS[1])
  if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[3]) end`;

/**
 * Connects to Redis in the background. The server starts even if Redis is not there yet, and every later loss of the connection
 * is repaired by the client.
 *
 * @param url - such as `redis://127.0.0.1:6379`, or `rediss://user:password@host:6380` for TLS and a password
 * @throws TypeError if the URL is not one of these
 */
export function openRedisStores(url: string): Stores {
  const redis = connect(url);
  const sessionKey = (id: string): string => `tidewater:session:${id}`;
  // One hash for each session, one field for each state. So every instance knows a state only in the session that began it.
  const requestsKey = (id: unknown): string => {
    // Without this check, all browsers would share the key of `undefined`.
    if (typeof id !== 'string' || id === '') throw new TypeError('There is no session: mount express-session first');
    return `tidewater:requests:${id}`;
  };
  return {
    sessions: new RedisStore({
      // What connect-redis calls, with errors that this server recognizes.
      client: {
        get: (key: string) => settled(redis.get(key)),
        set: (...args: Parameters<typeof redis.set>) => settled(redis.set(...args)),
        expire: (key: string, seconds: number) => settled(redis.expire(key, seconds)),
        del: (keys: string[]) => settled(redis.del(keys)),
      },
      prefix: sessionKey(''),
      ttl: lifetimes.session,
    }),
    requests: {
      async add(req, request) {
        const key = requestsKey(req.sessionID);
        const value = JSON.stringify({ request, addedAt: Date.now() });
        await settled(redis.multi().hSet(key, request.state, value).expire(key, lifetimes.request).exec());
        if (req.session.hasBegun) return;
        // Saved now, so that a failure is seen before the browser leaves for the provider.
        req.session.hasBegun = true;
        await save(req);
      },
      async find(req, state) {
        const text = await settled(redis.hGet(requestsKey(req.sessionID), state));
        if (text === null) return undefined;
        // Only `add` writes it.
        const { request, addedAt } = JSON.parse(text) as { request: ExpectedRequest; addedAt: number };
        return addedAt + lifetimes.request * 1000 > Date.now() ? request : undefined;
      },
      // Redis runs one command at a time, so exactly one caller of all instances removes the field.
      take: async (req, state) => (await settled(redis.hDel(requestsKey(req.sessionID), state))) === 1,
    },
    async changeSessionId(req) {
      const before = req.sessionID;
      req.sessionStore.generate(req); // In this process only. `regenerate` would end the old session first, by itself.
      req.session.hasBegun = true;
      await save(req);
      const keys = [sessionKey(before), requestsKey(before), requestsKey(req.sessionID)];
      await settled(redis.eval(moveRequests, { keys }));
    },
    close() {
      redis.destroy();
    },
  };
}

function connect(url: string): ReturnType<typeof clientOf> {
  const redis = clientOf(url);
  let isLost = false;
  redis.on('error', (error: Error) => {
    // Once for each loss, not for each attempt to connect.
    if (!isLost) console.error(`Redis is unavailable: ${reasonOf(error)}`);
    isLost = true;
  });
  redis.on('ready', () => {
    if (isLost) console.log('Redis is available again.');
    isLost = false;
  });
  redis.connect().catch(() => undefined); // It rejects only if this server ends before Redis is there.
  return redis;
}

function clientOf(url: string) {
  try {
    return createClient({
      url,
      commandOptions: { timeout: limits.connection },
      socket: { reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, limits.betweenAttempts) },
    });
  } catch {
    // Without its cause, which contains the URL and so the password.
    throw new TypeError('REDIS_URL must be a Redis URL, such as redis://127.0.0.1:6379 or rediss://user:password@host');
  }
}

/** The reply to a command; a StoreError if it is an error, or if there is none in time. */
async function settled<Reply>(command: Promise<Reply>): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no reply within ${limits.reply} ms`));
    }, limits.reply);
  });
  try {
    return await Promise.race([command, late]);
  } catch (error) {
    throw new StoreError(`Redis failed: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Some errors of the client have a code or a class only. */
function reasonOf(error: unknown): string {
  const { message, code, constructor } = error as Error & { code?: string };
  return message || code || constructor.name;
}

async function save(req: Request): Promise<void> {
  await promisify(req.session.save.bind(req.session))();
}
