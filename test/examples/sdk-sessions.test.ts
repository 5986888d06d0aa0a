import { expect, it, jest } from '@jest/globals';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findStoreFolder } from '#src/session/store-folder.js';
import { describeWith } from '../helpers/compat.js';
import { temporaryFolder } from '../helpers/example.js';
import { FragileProvider } from '../helpers/fragile-provider.js';
import { runRecipe, type RecipeResult } from '../helpers/recipe.js';

jest.setTimeout(90_000);

const names = [
  'openid-client-session',
  'oauth4webapi-session',
  'google-auth-library-session',
  'arctic-session',
  'simple-oauth2-session',
  'badgateway-oauth2-client-session',
];

describeWith(['arctic', 'openid-client', 'google-auth-library'], 'the sessions of examples/sdks', () => {
  it.each(names)('%s refreshes, survives an outage, and signs in again only if the grant was revoked', async (name) => {
    await using home = await temporaryFolder();
    await using provider = await FragileProvider.start();
    const env = {
      ISSUER: provider.issuer,
      CLIENT_SECRET: 'secret',
      REDIRECT_URI: 'http://127.0.0.1:0/callback',
      XDG_STATE_HOME: home.path,
      LOCALAPPDATA: home.path,
      HOME: home.path,
    };
    const run = (...args: string[]): Promise<RecipeResult> => runRecipe(name, env, { args });
    const tokenRequests = (): (string | null)[] =>
      provider.tokenRequests.splice(0).map((params) => params.get('refresh_token'));
    const saved = async (): Promise<string | undefined> => {
      const folder = findStoreFolder('my-app', env);
      const [file] = (await readdir(folder)).filter((entry) => entry.endsWith('.json'));
      return file && (await readFile(join(folder, file), 'utf8'));
    };
    const refreshTokenOf = (text = '{}'): unknown =>
      (JSON.parse(text) as { response?: { refresh_token?: string } }).response?.refresh_token;
    const signsIn = { code: 0, stderr: expect.stringMatching(/^Sign in at /) };
    const refreshes = async (before: string): Promise<string> => {
      const sent = refreshTokenOf(await saved());
      const { code, stdout, stderr } = await run();
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toBe(before);
      expect(tokenRequests()).toEqual([sent]);
      expect(refreshTokenOf(await saved())).not.toBe(sent);
      return stdout;
    };

    const first = await run();
    expect(first).toMatchObject({ ...signsIn, stdout: expect.stringMatching(/^\S{10,}\n$/) });
    expect(tokenRequests()).toEqual([null]);
    const second = await refreshes(first.stdout);

    provider.isOut = true;
    const kept = await saved();
    const out = await run();
    expect([out.code, out.stdout]).toEqual([1, '']);
    expect(out.stderr).toContain("code: 'REFRESH_FAILED'");
    expect(out.stderr).not.toContain('Sign in at');
    expect(tokenRequests()).toEqual([refreshTokenOf(kept)]);
    expect(await saved()).toBe(kept);
    provider.isOut = false;
    // It needs the token that the refresh before has brought.
    await refreshes(second);

    provider.server.revokeTokens();
    expect(await run()).toMatchObject(signsIn);

    expect(await run('sign-out')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(provider.server.requestsTo('revocation')).toHaveLength(1);
    expect(await saved()).toBeUndefined();
  });
});
