import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { chmod, chown, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startAuthorizationServer, type AuthorizationServer } from '../helpers/authorization-server.js';
import { isPosix, onPosix } from '../helpers/systems.js';
import { outcomeOf, runExample, signInAt, temporaryFolder, type Example } from '../helpers/example.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(120_000);

const shared = useBrowser();
let authorizationServer: AuthorizationServer;
let home: AsyncDisposable & { readonly path: string };
let folder: string;
let tokenFile: string;

beforeAll(async () => {
  authorizationServer = await startAuthorizationServer();
});

afterAll(async () => {
  await authorizationServer.close();
});

/** Below the user's folder, as env-paths finds it. */
const configurationFolder = {
  darwin: ['Library', 'Preferences', 'embed-auth-demo'],
  win32: ['embed-auth-demo', 'Config'],
}[process.platform as string] ?? ['embed-auth-demo'];

beforeEach(async () => {
  home = await temporaryFolder();
  folder = join(home.path, ...configurationFolder);
  tokenFile = join(folder, 'tokens.json');
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

function start(): Example {
  return runExample('persistent-config/index.ts', {
    env: {
      HOME: home.path,
      XDG_CONFIG_HOME: home.path,
      APPDATA: home.path,
      EXAMPLE_ISSUER: authorizationServer.issuer,
    },
  });
}

/** A run in which the user has to sign in. */
async function runWithSignIn(): Promise<string> {
  await using example = start();
  const page = await signInAt(shared.browser, await example.loginUri());
  expect((await outcomeOf(page)).state).toBe('success');
  expect(await example.ended).toBe(0);
  expect(example.output).toContain('Ada Lovelace');
  return example.output;
}

/** A run that opens no browser. */
async function runWithout(): Promise<string> {
  await using example = start();
  expect(await example.ended).toBe(0);
  expect(example.output).toContain('Ada Lovelace');
  expect(example.output).not.toContain('Sign in at');
  return example.output;
}

interface Saved {
  issuer: string;
  clientId: string;
  accessToken: string;
  refreshToken: string;
  expiresAt: number;
}

/** Saves tokens as an earlier run did. */
async function leaveTokens(issuer: string): Promise<Saved> {
  const tokens = {
    issuer,
    clientId: 'demo-client',
    accessToken: 'an-old-access-token',
    refreshToken: 'an-old-refresh-token',
    expiresAt: Date.now() + 3_600_000,
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(tokenFile, JSON.stringify(tokens), { mode: 0o600 });
  return tokens;
}

/** Whether only its owner can access a file or folder. What a link leads to is not followed. */
async function isPrivate(path: string): Promise<boolean> {
  const status = await lstat(path);
  // On Windows the folder's access control list decides.
  return !isPosix || status.isSymbolicLink() || (status.mode & 0o077) === 0;
}

async function saved(): Promise<Saved> {
  return JSON.parse(await readFile(tokenFile, 'utf8')) as Saved;
}

describe('examples/persistent-config', () => {
  it('signs in once, opens no browser on the next run, refreshes expired tokens, and signs in again if they were revoked', async () => {
    await runWithSignIn();
    expect(await isPrivate(tokenFile)).toBe(true);
    expect(await readdir(folder)).toEqual(['tokens.json']);
    const first = await saved();

    expect(await runWithout()).not.toContain('refreshed');
    expect(await saved()).toEqual(first);

    await writeFile(tokenFile, JSON.stringify({ ...first, expiresAt: Date.now() - 1000 }));
    expect(await runWithout()).toContain('The saved sign-in was refreshed.');
    const second = await saved();
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.expiresAt).toBeGreaterThan(Date.now());
    expect(await isPrivate(tokenFile)).toBe(true);

    authorizationServer.revokeTokens();
    expect(await runWithSignIn()).toContain('The saved sign-in is no longer valid.');
    expect(await readdir(folder)).toEqual(['tokens.json']);
    await runWithout();
  });

  it.each([
    ['corrupt', 'is not JSON', (text: string) => writeFile(tokenFile, text.slice(0, 20))],
    ['empty', 'is not JSON', () => writeFile(tokenFile, '')],
    ['of another shape', 'does not hold saved tokens', () => writeFile(tokenFile, '["accessToken"]')],
    [
      'a folder',
      'is not a file',
      async () => {
        await rm(tokenFile);
        await mkdir(tokenFile, { mode: 0o700 });
      },
    ],
    ...(isPosix
      ? ([
          [
            'a link to another file',
            'cannot be opened',
            async () => {
              await rm(tokenFile);
              await symlink('/etc/passwd', tokenFile);
            },
          ],
          ['open to others', 'others may read or write', () => chmod(tokenFile, 0o644)],
        ] as const)
      : []),
    ...(process.getuid?.() === 0
      ? ([
          [
            'of another owner',
            'belongs to another user',
            () => chmod(tokenFile, 0o644).then(() => chown(tokenFile, 65_534, 65_534)),
          ],
        ] as const)
      : []),
  ])('sets a token file aside that is %s, reports it, and signs in', async (_, message, spoil) => {
    const before = await leaveTokens(authorizationServer.issuer);
    await spoil(JSON.stringify(before));
    const output = await runWithSignIn();
    expect(output).toContain(message);
    expect(output).toMatch(/It was set aside as \S+\.bad\. Please sign in again\./);
    for (const secret of [before.accessToken, before.refreshToken]) expect(output).not.toContain(secret);
    const files = (await readdir(folder)).sort();
    expect(files).toEqual(['tokens.json', expect.stringMatching(/^tokens\.json\.\d+\.bad$/)]);
    expect(await Promise.all([folder, ...files.map((name) => join(folder, name))].map(isPrivate))).toEqual([
      true,
      true,
      true,
    ]);
    expect((await saved()).accessToken).not.toBe(before.accessToken);
  });

  onPosix('makes a folder private that others can read', async () => {
    const { accessToken } = await leaveTokens(authorizationServer.issuer);
    await chmod(folder, 0o755);
    await runWithSignIn();
    expect(await isPrivate(folder)).toBe(true);
    expect((await saved()).accessToken).not.toBe(accessToken);
  });

  it('sends no saved token to another provider', async () => {
    // It would be rejected there, and reported as no longer valid.
    const { accessToken } = await leaveTokens('https://accounts.example.com');
    expect(await runWithSignIn()).not.toContain('no longer valid');
    expect((await saved()).accessToken).not.toBe(accessToken);
  });
});
