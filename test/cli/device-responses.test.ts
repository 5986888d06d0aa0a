import { describe, expect, it, jest } from '@jest/globals';
import { useCommands } from './command.js';
import { granted, pending, useDeviceServer } from './device-server.js';
import { inTurn, sendJson } from '../helpers/json-server.js';

jest.setTimeout(60_000);

const commands = useCommands();

describe('login --device', () => {
  const { server, authorization, start } = useDeviceServer(commands);

  it.each([
    ['authorization_pending with status 400', [pending]],
    ['authorization_pending with status 200, as from GitHub', [[200, { error: 'authorization_pending' }]]],
    ['authorization_pending with status 428, as from Google', [[428, { error: 'authorization_pending' }]]],
  ] as const)('goes on after %s', async (_name, responses) => {
    server.routes['/token'] = inTurn(...responses, granted);
    const command = start();
    expect([await command.ended, command.stdout]).toEqual([0, 'the-token\n']);
    expect(server.requestsTo('/token')).toHaveLength(2);
  });

  it.each([
    ['adds five seconds to its pause after slow_down', { error: 'slow_down' }, 5900],
    ['pauses as long as slow_down says, as from GitHub', { error: 'slow_down', interval: 7 }, 6900],
  ])('%s', async (_name, response, least) => {
    const times: number[] = [];
    server.routes['/token'] = (reply) => {
      times.push(performance.now());
      if (times.length === 1) sendJson(reply, 400, response);
      else sendJson(reply, ...granted);
    };
    expect(await start().ended).toBe(0);
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThan(least);
  });

  it('pauses five seconds if the server gives no interval', async () => {
    server.routes['/device_authorization'] = authorization({ interval: undefined });
    const command = start();
    await command.says(/Waiting/);
    const before = performance.now();
    expect(await command.ended).toBe(0);
    expect(performance.now() - before).toBeGreaterThan(4000);
  });

  it.each([
    ['access_denied', { error: 'access_denied' }, 3, 'The sign-in was denied'],
    ['authorization_declined, as from Microsoft', { error: 'authorization_declined' }, 3, 'The sign-in was denied'],
    ['expired_token', { error: 'expired_token' }, 124, 'The code has expired'],
    ['invalid_client', { error: 'invalid_client' }, 1, 'set EMBED_AUTH_CLIENT_SECRET'],
  ] as const)('ends after %s', async (_name, body, status, message) => {
    server.routes['/token'] = inTurn([400, body]);
    const command = start();
    expect([await command.ended, command.stdout]).toEqual([status, '']);
    expect(command.stderr).toContain(message);
    expect(server.requestsTo('/token')).toHaveLength(1);
  });

  it('goes on at its pace if the token endpoint is not available, and says so', async () => {
    let polls = 0;
    server.routes['/token'] = (response) => {
      polls += 1;
      if (polls === 1) response.destroy();
      else if (polls === 2) response.writeHead(503).end('busy');
      else sendJson(response, ...granted);
    };
    const command = start();
    expect([await command.ended, command.stdout]).toEqual([0, 'the-token\n']);
    expect(command.stderr.replaceAll('\n', ' ')).toMatch(
      /cannot be reached: \w+. Trying again in 1 second.*status 503. Trying again in 1 second/,
    );
  });

  it.each([
    [
      'an error with control characters',
      { error: 'odd\u001b[2J', error_description: 'x\u0007\u202ey' },
      'odd\ufffd[2J: x\ufffd\ufffdy',
    ],
    [
      'a message without an error, as from Twitch',
      { status: 400, message: 'invalid device code' },
      'status 400: invalid device',
    ],
  ])('goes on after %s, and says so (R44)', async (_name, body, message) => {
    server.routes['/token'] = inTurn([400, body], granted);
    const command = start();
    expect([await command.ended, command.stdout]).toEqual([0, 'the-token\n']);
    expect(command.stderr).toContain(message);
  });

  it.each([
    ['the code expires', { expires_in: 3 }, [], 'The code has expired'],
    ['the --timeout is over', {}, ['--timeout', '2'], 'The limit was 2 seconds'],
    ['the interval is longer than the code is valid', { expires_in: 3, interval: 1e12 }, [], 'The code has expired'],
    ['the interval is shorter than sensible', { expires_in: 3, interval: 0.0001 }, [], 'The code has expired'],
    ['the interval is negative', { expires_in: 3, interval: -1 }, [], 'The code has expired'],
    ['the interval is text', { expires_in: 3, interval: 'soon' }, [], 'The code has expired'],
  ] as const)('exits with 124, after few requests, if %s', async (_name, changes, more, message) => {
    server.routes['/device_authorization'] = authorization(changes);
    server.routes['/token'] = inTurn(pending);
    const command = start(...more);
    expect([await command.ended, command.stdout]).toEqual([124, '']);
    expect(command.stderr).toContain(message);
    expect(server.requestsTo('/token').length).toBeLessThan(4);
  });

  it.each([
    ['an http verification URI of another machine', { verification_uri: 'http://login.test/device' }, 'not https'],
    ['a verification URI of another scheme', { verification_uri: 'javascript:alert(1)' }, 'not https'],
    ['a verification URI that is none', { verification_uri: 'device page' }, 'not https'],
    ['a user code with control characters', { user_code: 'A\u001b[31mB' }, 'control characters'],
    ['a user code that turns text around', { user_code: 'A\u202eB' }, 'control characters'],
    ['an empty user code', { user_code: ' \n' }, 'a user code that cannot be shown'],
    ['no user code', { user_code: undefined }, '"user_code" property must be a string'],
    ['no device code', { device_code: 7 }, '"device_code" property must be a string'],
    ['no lifetime', { expires_in: undefined }, '"expires_in" property must be a number'],
  ])('rejects %s', async (_name, changes, message) => {
    server.routes['/device_authorization'] = authorization(changes);
    const command = start();
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr.replaceAll('\n', ' ')).toContain(message);
    // eslint-disable-next-line no-control-regex -- no control character is what this is about
    expect(command.stderr).not.toMatch(/[\u001b\u202e]|javascript:/);
    expect(server.requestsTo('/token')).toEqual([]);
  });

  it.each([
    ['no JSON', (text: string) => `<html>${text}</html>`, 200, 'sent a response that is not a JSON object'],
    ['an error page', () => '<h1>Not found</h1>', 404, 'responded with status 404'],
    ['a redirect', () => '', 302, 'responded with status 302, a redirect, which is not followed'],
    ['JSON that is no object', () => '[]', 200, 'sent a response that is not a JSON object'],
    [
      'JSON that is nested too deeply',
      () => `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
      200,
      'not a JSON object',
    ],
    ['nothing', () => '', 200, 'sent a response that is not a JSON object'],
  ])('says what is wrong if an endpoint sends %s', async (_name, body, status, message) => {
    server.routes['/device_authorization'] = (response) =>
      response.writeHead(status, { Location: '/elsewhere', 'Content-Type': 'application/json' }).end(body('x'));
    const command = start();
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(command.stderr.replaceAll('\n', ' ')).toContain(`The device authorization endpoint at 127.0.0.1:`);
    expect(command.stderr.replaceAll('\n', ' ')).toContain(message);
  });

  it('accepts `verification_url`, as from Google, and ignores a complete URI that is not safe', async () => {
    server.routes['/device_authorization'] = authorization({
      verification_uri: undefined,
      verification_url: `${server.origin}/google`,
      verification_uri_complete: 'http://evil.test/?user_code=WDJB-MJHT',
    });
    const command = start();
    expect(await command.ended).toBe(0);
    expect(command.stderr).toContain(`\n${server.origin}/google\n`);
    expect(command.stderr).not.toContain('evil.test');
  });
});
