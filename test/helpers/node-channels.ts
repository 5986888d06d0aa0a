import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** The next request that a server of this process receives, or the next connection: what Node publishes of it. */
export function nextOf<Message>(name: 'http.server.request.start' | 'net.server.socket'): Promise<Message> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      unsubscribe(name, listener);
      resolve(message as Message); // Node documents what it publishes.
    };
    subscribe(name, listener);
  });
}
