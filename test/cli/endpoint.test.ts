import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { onLinux, onPosix } from '../helpers/systems.js';
import { useCommands, type Command } from './command.js';
import { inTurn, sendJson, useJsonServer, type Route } from '../helpers/json-server.js';

jest.setTimeout(60_000);

const commands = useCommands();
const server = useJsonServer();

beforeEach(() => {
  server.routes['/authorize'] = (response, { params }) => {
    const uri = new URL(params.get('redirect_uri') ?? '');
    uri.search = new URLSearchParams({ code: 'canary-code', state: params.get('state') ?? '' }).toString();
    response.writeHead(303, { Location: uri.href }).end();
  };
});

function args(tokenUri: string, ...more: string[]): string[] {
  const endpoints = ['--authorize-uri', `${server.origin}/authorize`, '--token-uri', tokenUri];
  return ['login', '--client-id', 'my-id', ...endpoints, '--port', '0', '--no-browser', ...more];
}

/** Signs in at the server, whose token endpoint has this route. */
async function signIn(
  route: Route | undefined,
  env: Readonly<Record<string, string>> = {},
  ...more: string[]
): Promise<Command> {
  if (route !== undefined) server.routes['/token'] = route;
  const command = commands.start(args(`${server.origin}/token`, ...more), env);
  const page = fetch(await command.loginUri()).then((response) => response.text());
  await command.ended;
  await page;
  return command;
}

/** What stderr says, without the breaks of lines. */
function said({ stderr }: Command): string {
  return stderr.replaceAll('\n', ' ');
}

describe('the exchange of a code', () => {
  it.each([
    ['a scope that is a list, as from Twitch', { token_type: 'bearer', scope: ['a', 'b'] }],
    ['no token type', {}],
    ['another token type', { token_type: 'user' }],
    ['members that are null', { token_type: 'Bearer', refresh_token: null, scope: null }],
    ['a lifetime as text', { token_type: 'Bearer', expires_in: '3600' }],
    ['an ID token that nothing is known to check by', { token_type: 'Bearer', id_token: 'not.a.jwt' }],
  ])('accepts %s, and prints the response as it was sent', async (_name, members) => {
    const command = await signIn({ access_token: 'the-token', ...members }, {}, '--json');
    expect(await command.ended).toBe(0);
    expect(JSON.parse(command.stdout)).toEqual({ access_token: 'the-token', ...members });
  });

  it.each([
    [
      'an error',
      inTurn([400, { error: 'invalid_grant', error_description: 'No\u001b[2J more' }]),
      'rejected the request (invalid_grant: No\ufffd[2J more)',
    ],
    [
      'an error with status 200, as from GitHub',
      { error: 'bad_verification_code' },
      'rejected the request (bad_verification_code)',
    ],
    [
      'an unknown client, with a challenge',
      ((response) => {
        response.setHeader('WWW-Authenticate', 'Basic realm="x"');
        sendJson(response, 401, { error: 'invalid_client' });
      }) satisfies Route,
      'set EMBED_AUTH_CLIENT_SECRET',
    ],
    ['no token', { token_type: 'Bearer' }, '"access_token" property must be a string'],
    ['a token with a line break', { access_token: 'a\nb', token_type: 'Bearer' }, 'characters that are not allowed'],
    [
      'a token with an escape sequence',
      { access_token: 'a\u001b[2J', token_type: 'Bearer' },
      'characters that are not allowed',
    ],
    [
      'a token that is not ASCII',
      { access_token: 'a\u202eb', token_type: 'Bearer' },
      'characters that are not allowed',
    ],
    [
      'a redirect',
      ((response) => response.writeHead(307, { Location: '/elsewhere' }).end()) satisfies Route,
      'a redirect, which is not followed',
    ],
    ['a form instead of JSON', ((response) => response.end('access_token=x')) satisfies Route, 'not a JSON object'],
  ] as const)('exits with 1 after %s', async (_name, route, message) => {
    const command = await signIn(route);
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(said(command)).toContain(message);
    // eslint-disable-next-line no-control-regex -- no control character is what this is about
    expect(command.stderr).not.toMatch(/\u001b|canary/);
    expect(server.requestsTo('/elsewhere')).toEqual([]);
  });

  it('escapes control characters in the JSON that it prints', async () => {
    const command = await signIn(
      { access_token: 't', token_type: 'Bearer', name: '\u001b[2J\u009b2J\u202e' },
      {},
      '--json',
    );
    // eslint-disable-next-line no-control-regex -- no control character is what this is about
    expect(command.stdout).not.toMatch(/[\u001b\u009b\u202e]/);
    expect(JSON.parse(command.stdout)).toMatchObject({ name: '\u001b[2J\u009b2J\u202e' });
  });

  it('shows no secret, even if the provider sends all of them back', async () => {
    const command = await signIn(
      (response, { params }) => {
        sendJson(response, 400, { error: 'invalid_grant', error_description: params.toString() });
      },
      { EMBED_AUTH_CLIENT_SECRET: 'canary-secret' },
    );
    expect(await command.ended).toBe(1);
    const { params } = server.requestsTo('/token')[0] ?? {};
    expect(params?.get('client_secret')).toBe('canary-secret');
    expect(said(command)).toContain('grant_type=authorization_code');
    for (const secret of ['canary', params?.get('code_verifier') ?? 'none'])
      expect(command.stderr).not.toContain(secret);
  });
});

describe('a response of any size', () => {
  /** Has the process copy what Linux knows of its memory when it ends. */
  function measured(): Readonly<Record<string, string>> {
    const code =
      "process.on('exit',()=>process.getBuiltinModule('fs').writeFileSync('status',process.getBuiltinModule('fs').readFileSync('/proc/self/status')))";
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
  }

  /** MiB. `process.resourceUsage()` would count that of the parent, too. */
  async function peakMemory(): Promise<number> {
    const status = await readFile(join(commands.folder, 'status'), 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  const endless: Route = (response) => {
    const chunk = ' '.repeat(65_536);
    const write = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.writeHead(200, { 'Content-Type': 'application/json' }).on('drain', write);
    write();
  };
  const bomb: Route = (response) =>
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(256 * 1024 * 1024, ' ')));

  onLinux.each([
    ['that never ends', endless],
    ['that is a bomb of gzip', bomb],
  ])('is cut off %s, with little memory', async (_name, route) => {
    const command = await signIn(route, measured());
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(said(command)).toContain('sent more than 1 MiB, so its response was rejected');
    expect(await peakMemory()).toBeLessThan(130);
  });

  onLinux('is cut off in discovery, too', async () => {
    server.routes['/.well-known/openid-configuration'] = endless;
    const command = commands.start(['login', '--client-id', 'x', '--issuer', server.origin], measured());
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(said(command)).toContain('sent more than 1 MiB');
    expect(await peakMemory()).toBeLessThan(130);
  });

  it('is not waited for longer than 30 seconds, even if it arrives byte by byte', async () => {
    const command = await signIn((response) => {
      const timer = setInterval(() => response.write(' '), 1000);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    expect([await command.ended, command.stdout]).toEqual([1, '']);
    expect(said(command)).toContain('there was no response within 30 seconds');
  });
});

describe('a failure of the network', () => {
  it('names the reason, and the variables for proxies and certificates', async () => {
    const command = await signIn((response) => {
      response.destroy();
    });
    expect(await command.ended).toBe(1);
    expect(said(command)).toMatch(/The token endpoint at 127\.0\.0\.1:\d+ cannot be reached: \w+\./);
    expect(said(command)).toMatch(/NODE_USE_ENV_PROXY=1.*HTTPS_PROXY.*NODE_EXTRA_CA_CERTS/);
  });

  onPosix('is a certificate that is not trusted, until NODE_EXTRA_CA_CERTS names it', async () => {
    const extensions = [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }];
    const pem = await generate([{ name: 'commonName', value: '127.0.0.1' }], { extensions } as never);
    await writeFile(join(commands.folder, 'ca.pem'), pem.cert);
    const secure = createServer({ key: pem.private, cert: pem.cert }, (_, response) => {
      sendJson(response, 200, { access_token: 'the-token', token_type: 'Bearer' });
    }).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    try {
      const uri = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/token`;
      const results = [{}, { NODE_EXTRA_CA_CERTS: join(commands.folder, 'ca.pem') }].map(async (env) => {
        const command = commands.start(args(uri), env);
        await (await fetch(await command.loginUri())).text();
        await command.ended;
        return command;
      });
      const [untrusted, trusted] = await Promise.all(results);
      expect([await untrusted?.ended, untrusted?.stdout]).toEqual([1, '']);
      expect(untrusted?.stderr).toMatch(/cannot be reached:\s(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED)/);
      expect(trusted?.stdout).toBe('the-token\n');
    } finally {
      secure.close();
      secure.closeAllConnections();
    }
  });
});
