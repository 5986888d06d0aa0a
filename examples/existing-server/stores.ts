import { createSessionRequestStore, type RequestStore } from 'embed-auth-server/router';
import type { Request } from 'express';
import type { Store } from 'express-session';
import { promisify } from 'node:util';

declare module 'express-session' {
  interface SessionData {
    /** The sign-ins that this browser has begun. createSessionRequestStore() keeps them. */
    expectedRequests: unknown;
  }
}

/** The sessions and the expected requests of this server. */
export interface Stores {
  /** For express-session; undefined is its memory store. */
  readonly sessions: Store | undefined;
  readonly requests: RequestStore<Request>;
  /** Gives the session a new id and no data. The sign-ins that other tabs have begun continue. */
  changeSessionId(req: Request): Promise<void>;
  close(): void;
}

/** A store did not respond, or it responded with an error. The server responds with status 503. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code = 'STORE_UNAVAILABLE';
}

/** One instance needs the memory of its process only. With REDIS_URL, several instances share one Redis. */
export async function openStores(): Promise<Stores> {
  const url = process.env['REDIS_URL'];
  if (!url) return memoryStores;
  // The name is a variable, so that this example compiles and runs without the packages for Redis.
  const module = './redis/stores.js';
  try {
    const { openRedisStores } = (await import(module)) as { openRedisStores: (url: string) => Stores };
    return openRedisStores(url);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new Error('REDIS_URL needs the packages redis and connect-redis: npm ci --prefix test/compat', {
      cause: error,
    });
  }
}

const memoryStores: Stores = {
  sessions: undefined,
  requests: createSessionRequestStore(),
  async changeSessionId(req) {
    const { expectedRequests } = req.session;
    await promisify(req.session.regenerate.bind(req.session))();
    req.session.expectedRequests = expectedRequests;
  },
  close: () => undefined,
};
