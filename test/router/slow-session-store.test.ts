import { describe, expect, it } from '@jest/globals';
import express, { type Request, type Response } from 'express';
import session, { MemoryStore, type SessionData } from 'express-session';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { LoginRequest, ResponseType } from '#src/index.js';
import { createCallbackRouter, createSessionRequestStore, type CallbackRouterOptions } from '#src/router.js';
import { useHttpServers } from '../helpers/use-http-servers.js';

declare module 'express-session' {
  interface SessionData {
    user: string;
  }
}

const servers = useHttpServers();
const redirectUri = 'http://app.example/auth/callback';

/** A store on another machine: what is saved is there 500 ms later. */
class SlowStore extends MemoryStore {
  readonly order: string[] = [];

  override set(id: string, data: SessionData, callback?: (error?: unknown) => void): void {
    setTimeout(() => {
      super.set(id, data, (error?: unknown) => {
        if ('user' in data) this.order.push('saved');
        callback?.(error);
      });
    }, 500);
  }
}

interface App {
  readonly store: SlowStore;
  /** Signs in, and adds to the order when the browser has read what it acts on. */
  signIn(way: 'query' | 'token', isEnd: (text: string, response: IncomingMessage) => boolean): Promise<string>;
  /** What `/profile` knows about the user. */
  profile(): Promise<string>;
}

async function startApp(onGrant: CallbackRouterOptions<Request, Response>['onGrant']): Promise<App> {
  const store = new SlowStore();
  const requests = createSessionRequestStore();
  const app = express().use(session({ store, secret: 'test', resave: false, saveUninitialized: false }));
  app.get('/login', async (req, res) => {
    const login = new LoginRequest(redirectUri, 'client', ResponseType.Code, { pkce: false });
    await requests.add(req, { state: login.state });
    res.send(login.state);
  });
  app.get('/profile', (req, res) => {
    res.send(req.session.user ?? 'nobody');
  });
  app.use('/auth', createCallbackRouter<Request, Response>({ redirectUri, requests, onGrant }));
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // A listening TCP server's address is an AddressInfo.
  let cookie = '';

  function send(
    path: string,
    headers: Record<string, string>,
    body?: string,
    onText?: (text: string, response: IncomingMessage) => void,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const sent = httpRequest({
        port,
        path,
        method,
        agent: false,
        headers: { Host: 'app.example', Cookie: cookie, ...headers },
      });
      sent.on('error', reject).on('response', (response) => {
        cookie ||= response.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          onText?.(text, response);
        });
        response.on('end', () => {
          onText?.(text, response);
          resolve(text);
        });
      });
      sent.end(body);
    });
  }

  return {
    store,
    profile: () => send('/profile', {}),
    async signIn(way, isEnd) {
      const state = await send('/login', {});
      let hasEnded = false;
      const onText = (text: string, response: IncomingMessage): void => {
        if (hasEnded || !isEnd(text, response)) return;
        hasEnded = true;
        store.order.push('read');
      };
      if (way === 'query')
        return send(`/auth/callback?code=c&state=${state}`, { Accept: 'text/html' }, undefined, onText);
      const headers = {
        'Content-Type': 'application/json',
        Origin: 'http://app.example',
        'Sec-Fetch-Site': 'same-origin',
      };
      return send(
        '/auth/token',
        headers,
        JSON.stringify({ fragment: `access_token=a&token_type=bearer&state=${state}` }),
        onText,
      );
    },
  };
}

const isRedirect = (_: string, { statusCode }: IncomingMessage): boolean => statusCode === 303;
const isComplete = (_: string, { complete }: IncomingMessage): boolean => complete;
const isJson = (text: string): boolean => text.endsWith('}');
const hasOutcome = (text: string): boolean => text.includes('</template><noscript>');

describe('createCallbackRouter, with a session store that takes 500 ms', () => {
  it.each([
    ['a redirect', 'query', true, isRedirect],
    ['a page', 'query', false, isComplete],
    ['the JSON of a redirect', 'token', true, isJson],
    ['the JSON of a page', 'token', false, isJson],
  ] as const)('sends %s when the session is saved', async (_, way, hasRedirect, isEnd) => {
    const app = await startApp((_grant, { req, page }) => {
      req.session.user = 'ann';
      if (hasRedirect) page.redirect('/profile');
    });
    await app.signIn(way, isEnd);
    expect(app.store.order).toEqual(['saved', 'read']);
    expect(await app.profile()).toBe('ann');
  });

  it.each([
    ['a held page', 'query', hasOutcome],
    ['the held JSON', 'token', isJson],
  ] as const)('ends %s when the session is saved', async (_, way, isEnd) => {
    const app = await startApp((_grant, { req, page }) => {
      page.waitUntil(
        new Promise((resolve) => setImmediate(resolve)).then(() => {
          req.session.user = 'ann';
          page.redirect('/profile');
        }),
      );
    });
    expect(await app.signIn(way, isEnd)).toContain('/profile');
    expect(app.store.order[0]).toBe('saved');
    expect(app.store.order).toContain('read');
    expect(await app.profile()).toBe('ann');
  });

  it('saves for a handler that has saved by itself, too', async () => {
    const app = await startApp(async (_grant, { req, page }) => {
      req.session.user = 'ann';
      await promisify(req.session.save.bind(req.session))();
      page.redirect('/profile');
    });
    await app.signIn('query', isRedirect);
    expect(app.store.order).toEqual(['saved', 'read']);
  });
});
