// Tokens in Redis, for an app whose processes run on several machines: npm install embed-auth-server redis
import type { TokenStore } from 'embed-auth-server/session';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { createClient } from 'redis';

/** Milliseconds after which the lock of a process that died is free. */
const lease = 10_000;
/** Only the owner may extend or release a lock. */
const extend = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2])";
const release = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1])";

/** @param redis - a connected client; who can read this Redis has the tokens */
export function createRedisTokenStore(redis: ReturnType<typeof createClient>, prefix = 'my-app'): TokenStore {
  const nameOf = (key: string): string => `${prefix}:tokens:${key}`;
  return {
    read: (key) => redis.get(nameOf(key)),
    async write(key, text) {
      await redis.set(nameOf(key), text);
    },
    async delete(key) {
      await redis.del(nameOf(key));
    },
    async lock(key, action, { signal }) {
      const lock = { keys: [`${prefix}:lock:${key}`] };
      const owner = randomUUID();
      const take = { condition: 'NX', expiration: { type: 'PX', value: lease } } as const;
      while ((await redis.set(lock.keys[0] ?? '', owner, take)) === null) await delay(50, undefined, { signal });
      const timer = setInterval(() => {
        // If it fails, the next one tries again.
        redis.eval(extend, { ...lock, arguments: [owner, String(lease)] }).catch(() => undefined);
      }, lease / 4);
      try {
        return await action();
      } finally {
        clearInterval(timer);
        // If it fails, the lease ends by itself; the result must not be lost.
        await redis.eval(release, { ...lock, arguments: [owner] }).catch(() => undefined);
      }
    },
  };
}
