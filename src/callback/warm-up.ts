import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CallbackPageRenderer } from '../page/renderer.js';
import { isTracing } from '../trace.js';
import { PendingPage } from './callback-page.js';
import { handleCallback } from './dispatcher.js';
import { parseTarget } from './request-guard.js';

let isWarm = false;

/**
 * @internal Handles a forwarded response that no browser sent, without any effect on the app, so that V8 has compiled the code
 * when the user's arrives. Most processes handle one response, and compiling takes half of its time. Once in a process.
 * @returns the response, which is complete in the next turn of the event loop; undefined if there was nothing to do
 */
export function warmUp(renderer: CallbackPageRenderer): ServerResponse | undefined {
  // Its steps would be traced like those of a sign-in.
  if (isWarm || isTracing()) return undefined;
  isWarm = true;
  const { IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');
  const { PassThrough } = process.getBuiltinModule('node:stream');
  // Neither of the two uses more of its socket than a stream has. What is written to this one goes nowhere.
  const socket = new PassThrough().resume() as unknown as Socket;
  const request = new IncomingMessage(socket);
  const [host, origin, state] = ['127.0.0.1', 'http://127.0.0.1', 'warm-up'];
  request.method = 'POST';
  request.rawHeaders = ['Host', host, 'Origin', origin];
  request.headers = { 'content-type': 'application/json' };
  request.push(JSON.stringify({ fragment: `access_token=a&state=${state}` }));
  request.push(null);
  request.complete = true;
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.sendDate = false; // V8 loads a megabyte of tables for the first date.
  const page = new PendingPage();
  page.dispatched();
  const handled = handleCallback(request, response, renderer, {
    names: { hosts: new Set([host]), origins: new Set([origin]) },
    target: parseTarget('/token'),
    redirectUri: `${origin}/callback`,
    pagePath: '/callback',
    find: () => ({ state }),
    consume: () => true,
    deliver: () => ({ page }),
    rejected: () => undefined,
  });
  handled.catch(() => undefined); // Then the user's response is the first.
  return response;
}
