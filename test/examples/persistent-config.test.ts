import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { startAuthorizationServer, type AuthorizationServer } from '../../examples/authorization-server/index.js';
import { launchChromium } from '../../examples/support/chromium.js';
import { outcomeOf, runExample, signInAt, temporaryFolder, type Example } from '../helpers/example.js';

jest.setTimeout(120_000);

let browser: Browser;
let authorizationServer: AuthorizationServer;
let home: AsyncDisposable & { readonly path: string };
let folder: string;
let tokenFile: string;

beforeAll(async () => {
  [browser, authorizationServer] = await Promise.all([launchChromium(), startAuthorizationServer()]);
});

afterAll(async () => {
  await browser.close();
  await authorizationServer.close();
});

beforeEach(async () => {
  home = await temporaryFolder();
  folder = join(home.path, 'embed-auth-demo');
  tokenFile = join(folder, 'tokens.json');
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

function start(): Example {
  return runExample('persistent-config/index.ts', {
    env: { HOME: home.path, XDG_CONFIG_HOME: home.path, EXAMPLE_ISSUER: authorizationServer.issuer.origin },
  });
}

/** A run in which the person has to sign in. */
async function runWithSignIn(): Promise<string> {
  await using example = start();
  const page = await signInAt(browser, await example.loginUri());
  expect((await outcomeOf(page)).state).toBe('success');
  expect(await example.ended).toBe(0);
  expect(example.output).toContain('Ada Lovelace');
  return example.output;
}

/** A run that must get by without. */
async function runWithout(): Promise<string> {
  await using example = start();
  expect(await example.ended).toBe(0);
  expect(example.output).toContain('Ada Lovelace');
  expect(example.output).not.toContain('/authorize?');
  return example.output;
}

interface Saved {
  issuer: string;
  clientId: string;
  accessToken: string;
  refreshToken: string;
  expiresAt: number;
}

/** What an earlier run has left, at this or at another provider. */
async function leaveTokens(issuer: string): Promise<Saved> {
  const tokens = {
    issuer,
    clientId: 'demo-client',
    accessToken: 'an-access-token-of-before',
    refreshToken: 'a-refresh-token-of-before',
    expiresAt: Date.now() + 3_600_000,
  };
  await mkdir(folder, { mode: 0o700 });
  await writeFile(tokenFile, JSON.stringify(tokens), { mode: 0o600 });
  return tokens;
}

async function saved(): Promise<Saved> {
  return JSON.parse(await readFile(tokenFile, 'utf8')) as Saved;
}

describe('examples/persistent-config', () => {
  it('signs in once; opens no browser on the next run; refreshes what has expired; signs in anew when revoked', async () => {
    await runWithSignIn();
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
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
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);

    authorizationServer.revokeAll();
    expect(await runWithSignIn()).toContain('The saved sign-in is no longer valid.');
    expect(await readdir(folder)).toEqual(['tokens.json']);
    await runWithout();
  });

  it.each([
    ['corrupt', 'is not JSON', (text: string) => writeFile(tokenFile, text.slice(0, 20))],
    ['empty', 'is not JSON', () => writeFile(tokenFile, '')],
    ['of another shape', 'does not hold what this app writes', () => writeFile(tokenFile, '["accessToken"]')],
    [
      'a folder',
      'is not a file',
      async () => {
        await rm(tokenFile);
        await mkdir(tokenFile, { mode: 0o700 });
      },
    ],
    ['open to others', 'others may read or write', () => chmod(tokenFile, 0o644)],
    ...(process.getuid?.() === 0
      ? ([['of another owner', 'belongs to another user', () => chown(tokenFile, 65_534, 65_534)]] as const)
      : []),
  ])('sets a token file aside that is %s, says so, and signs in', async (_, message, spoil) => {
    const before = await leaveTokens(authorizationServer.issuer.origin);
    await spoil(JSON.stringify(before));
    const output = await runWithSignIn();
    expect(output).toContain(message);
    expect(output).toMatch(/It was set aside as \S+\.bad\. Please sign in again\./);
    for (const secret of [before.accessToken, before.refreshToken]) expect(output).not.toContain(secret);
    expect((await readdir(folder)).sort()).toEqual(['tokens.json', expect.stringMatching(/^tokens\.json\.\d+\.bad$/)]);
    expect((await saved()).accessToken).not.toBe(before.accessToken);
  });

  it('shows no saved token to another provider', async () => {
    // Were it shown there, the answer would be that it is no longer valid.
    const { accessToken } = await leaveTokens('https://accounts.example.com');
    expect(await runWithSignIn()).not.toContain('no longer valid');
    expect((await saved()).accessToken).not.toBe(accessToken);
  });
});
