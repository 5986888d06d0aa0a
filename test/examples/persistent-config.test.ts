import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { findStoreFolder } from '#src/session/store-folder.js';
import { startAuthorizationServer, type AuthorizationServer } from '../helpers/authorization-server.js';
import { outcomeOf, runExample, signInAt, temporaryFolder, type Example } from '../helpers/example.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(120_000);

const shared = useBrowser();
let authorizationServer: AuthorizationServer;
let home: AsyncDisposable & { readonly path: string };

beforeAll(async () => {
  authorizationServer = await startAuthorizationServer();
});

afterAll(async () => {
  await authorizationServer.close();
});

beforeEach(async () => {
  home = await temporaryFolder();
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** Where the session keeps its tokens, on each system. */
function env(): Record<string, string> {
  return { HOME: home.path, XDG_STATE_HOME: home.path, LOCALAPPDATA: home.path };
}

function start(issuer = authorizationServer.issuer, args: string[] = []): Example {
  return runExample('persistent-config/index.ts', { args, env: { ...env(), EXAMPLE_ISSUER: issuer } });
}

/** A run in which the user has to sign in. */
async function runWithSignIn(issuer?: string): Promise<string> {
  await using example = start(issuer);
  const page = await signInAt(shared.browser, await example.loginUri());
  expect((await outcomeOf(page)).state).toBe('success');
  expect(await example.ended).toBe(0);
  expect(example.output).toContain('Ada Lovelace');
  return example.output;
}

/** A run that opens no browser. */
async function runWithout(...args: string[]): Promise<string> {
  await using example = start(undefined, args);
  expect(await example.ended).toBe(0);
  expect(example.output).not.toContain('Sign in at');
  return example.output;
}

describe('examples/persistent-config', () => {
  it('signs in once, opens no browser on the next run, refreshes expired tokens, and signs in again if they were revoked', async () => {
    expect(await runWithSignIn()).toContain('New tokens are saved.');
    expect(await runWithout()).not.toContain('New tokens');

    authorizationServer.expireAccessTokens();
    const refreshed = await runWithout();
    expect(refreshed).toContain('Ada Lovelace');
    expect(refreshed).toContain('New tokens are saved.');
    expect(await runWithout()).not.toContain('New tokens');

    authorizationServer.revokeTokens();
    expect(await runWithSignIn()).toMatch(/The sign-in is over\.[^]*New tokens are saved\./);
    expect(await runWithout()).toContain('Ada Lovelace');
  });

  it('sends no saved token to another provider', async () => {
    await runWithSignIn();
    await using other = await startAuthorizationServer();
    await runWithSignIn(other.issuer);
    expect(other.requests.map(({ endpoint }) => endpoint)).toEqual([
      'authorization',
      'authorization',
      'token',
      'profile',
    ]);
    expect(await runWithout()).not.toContain('New tokens');
  });

  it('forgets the sign-in when asked to', async () => {
    await runWithSignIn();
    expect(await runWithout('sign-out')).toBe('The sign-in is over.\n');
    expect(await readdir(findStoreFolder('embed-auth-demo', env()))).toEqual([]);
    await runWithSignIn();
  });
});
