import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { onLinux } from '../helpers/systems.js';
import { browser, cli, environment, portOf, requestOf, root, useCommands, type Command } from './command.js';
import { signInWithForms, useOidcServer } from './oidc-server.js';

jest.setTimeout(120_000);

const commands = useCommands();
const provider = useOidcServer();
// Inside the package, so that it can be imported by its name.
const folder = join(root, '.cache', 'recipes');

/** The code after `<!-- recipe: NAME -->`, changed only to accept a provider without https, and to run the command that was built. */
async function recipe(page: string, name: string, language = 'ts'): Promise<string> {
  const text = await readFile(join(root, 'docs', page), 'utf8');
  const code = new RegExp(`<!-- recipe: ${name} -->\\n\\n\`\`\`${language}\\n([^]*?)\`\`\``).exec(text)?.[1];
  if (code === undefined) throw new Error(`docs/${page} has no recipe ${name}`);
  return code
    .replaceAll('npx embed-auth-server', `${process.execPath} ${cli}`)
    .replaceAll('client.None())', 'client.None(), { execute: [client.allowInsecureRequests] })');
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
    const command = run('device.ts', {
      XDG_STATE_HOME: commands.folder,
      CLIENT_ID: 'public',
      SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22',
    });
    const [, uri = ''] = await command.says(/^(http\S+\/device)$/m);
    const [, code = ''] = await command.says(/enter this code: (\S+)$/m);
    await signInWithForms(uri, { user_code: code });
    expect([await command.ended, command.stdout]).toEqual([0, '43\n']);
  });
});

describe('the recipes for credential helpers', () => {
  let server: TestAuthorizationServer;
  let env: Readonly<Record<string, string>>;

  beforeEach(async () => {
    server = await startTestAuthorizationServer({ accessToken: 'the-token' });
    env = {
      ISSUER: server.issuer,
      CLIENT_ID: 'my-id',
      XDG_STATE_HOME: commands.folder,
      HOME: commands.folder,
      PATH: `${commands.folder}:${process.env['PATH'] ?? ''}`,
    };
    // The user has signed in before: a helper of a test has no terminal.
    const args = ['--issuer', server.issuer, '--client-id', 'my-id'];
    const scope = ['--scope', 'openid offline_access'];
    const command = commands.start(['login', '--save', ...args, ...scope, '--port', '0'], { ...env, BROWSER: browser });
    expect(await command.ended).toBe(0);
  });

  afterEach(async () => {
    await server.close();
  });

  async function install(name: string, file: string): Promise<string> {
    const path = join(commands.folder, file);
    await writeFile(path, await recipe('command.md', name, 'sh'), { mode: 0o755 });
    return path;
  }

  onLinux('prints what kubectl reads', async () => {
    const path = await install('kubectl', 'kubectl-credential');
    const { stdout } = await promisify(execFile)(path, { env: environment(env) });
    const credential = JSON.parse(stdout) as { status: { token: string; expirationTimestamp: string } };
    expect(credential).toMatchObject({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' });
    expect(Date.parse(credential.status.expirationTimestamp)).toBeGreaterThan(Date.now());
    expect(credential.status.token).not.toBe('');
  });

  onLinux('gives Git the token as a password', async () => {
    await install('git', 'git-credential-embed');
    const git = spawn('git', ['-c', 'credential.helper=embed', 'credential', 'fill'], {
      env: { ...environment(env), GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
    });
    let stdout = '';
    git.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    git.stdin.end('protocol=https\nhost=git.example.com\n\n');
    expect(await once(git, 'close')).toEqual([0, null]);
    expect(stdout).toContain('username=oauth2\npassword=the-token\n');
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

  it('registers again if the provider has forgotten the client, whose page leads nowhere', async () => {
    const code = await recipe('dynamic-registration.md', 'port');
    const impatient = code.replace('terminal: true,', 'terminal: true,\n      timeout: 2_000,');
    expect(impatient).not.toBe(code);
    await writeFile(join(folder, 'forgotten.ts'), impatient);
    const { port } = await signIn();
    const redirectUri = `http://127.0.0.1:${String(port)}/callback`;
    await writeFile(env['REGISTRATION_FILE'] ?? '', JSON.stringify({ clientId: 'forgotten', redirectUri }));
    const command = run('forgotten.ts', env);
    expect((await requestOf(await command.loginUri())).get('client_id')).toBe('forgotten');
    const [, uri = ''] = await command.says(/so it is registered again\.[^]*^Sign in at (\S+)$/m);
    const params = await requestOf(uri);
    expect(params.get('client_id')).not.toBe('forgotten');
    await signInWithForms(uri);
    expect([await command.ended, command.stdout]).toEqual([0, '43\n']);
    const saved = JSON.parse(await readFile(env['REGISTRATION_FILE'] ?? '', 'utf8')) as { clientId: string };
    expect(saved.clientId).toBe(params.get('client_id'));
  });
});
