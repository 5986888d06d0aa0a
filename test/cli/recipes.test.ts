import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { portOf, requestOf, root, useCommands, type Command } from './command.js';
import { signInWithForms, useOidcServer } from './oidc-server.js';

jest.setTimeout(120_000);

const commands = useCommands();
const provider = useOidcServer();
// Inside the package, so that it can be imported by its name.
const folder = join(root, '.cache', 'recipes');

/** The code after `<!-- recipe: NAME -->`, changed only to accept a provider without https. */
async function recipe(page: string, name: string): Promise<string> {
  const text = await readFile(join(root, 'docs', page), 'utf8');
  const code = new RegExp(`<!-- recipe: ${name} -->\\n\\n\`\`\`ts\\n([^]*?)\`\`\``).exec(text)?.[1];
  if (code === undefined) throw new Error(`docs/${page} has no recipe ${name}`);
  return code.replaceAll('client.None())', 'client.None(), { execute: [client.allowInsecureRequests] })');
}

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'device.ts'), await recipe('command.md', 'device'));
  await writeFile(join(folder, 'port.ts'), await recipe('dynamic-registration.md', 'port'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function run(name: string, env: Readonly<Record<string, string>>): Command {
  return commands.run(['--import', import.meta.resolve('tsx'), join(folder, name)], {
    ISSUER: provider.issuer,
    ...env,
  });
}

describe('the recipe for the device grant', () => {
  it('signs in with a code in a remote session', async () => {
    const command = run('device.ts', { CLIENT_ID: 'public', SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' });
    const [, uri = ''] = await command.says(/^(http\S+\/device)$/m);
    const [, code = ''] = await command.says(/code there: (\S+)$/m);
    await signInWithForms(uri, { user_code: code });
    expect([await command.ended, command.stdout]).toEqual([0, '43\n']);
  });
});

describe('the recipe for a port that is registered', () => {
  let env: Readonly<Record<string, string>>;

  beforeEach(() => {
    env = { REGISTRATION_FILE: join(commands.folder, 'registration.json'), BROWSER: 'none' };
  });

  /** Signs in, and returns what the program used. */
  async function signIn(): Promise<{ clientId: string | null; port: number }> {
    const command = run('port.ts', env);
    const uri = await command.loginUri();
    const params = await requestOf(uri);
    await signInWithForms(uri);
    expect([await command.ended, command.stdout]).toEqual([0, '43\n']);
    return { clientId: params.get('client_id'), port: portOf(params.get('redirect_uri') ?? '') };
  }

  it('uses port and registration again, and registers again if the port is in use', async () => {
    const first = await signIn();
    expect(await signIn()).toEqual(first);
    const other = createServer().listen(first.port, '127.0.0.1');
    await once(other, 'listening');
    try {
      const third = await signIn();
      expect(third.port).not.toBe(first.port);
      expect(third.clientId).not.toBe(first.clientId);
      expect(await signIn()).toEqual(third);
    } finally {
      other.close();
    }
  });
});
