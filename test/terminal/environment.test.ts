import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEnvironment, here, type Surroundings } from '#src/terminal/environment.js';
import { onPosix } from '../helpers/systems.js';

interface Row {
  readonly environment: string;
  readonly env: NodeJS.ProcessEnv;
  /** Paths and contents; a path that ends with a slash is no file. */
  readonly files?: Readonly<Record<string, string>>;
  readonly platform?: NodeJS.Platform;
  readonly tmux?: Readonly<Record<string, string>>;
  readonly name: string;
  readonly isRemote: boolean;
  readonly isOpenerTrusted: boolean;
  /** Where the variables and files are documented, or in which source they were seen. */
  readonly source: string;
}

const display = { DISPLAY: ':0' };
const remote = { isRemote: true, isOpenerTrusted: false };
const untrusted = { isRemote: false, isOpenerTrusted: false };
const desktop = { name: 'desktop', isRemote: false, isOpenerTrusted: true };
const sshVariables = { SSH_CONNECTION: '203.0.113.7 52144 192.0.2.9 22' };
const vsCodeSocket = '/run/user/1000/vscode-ipc-7c1c.sock';
const vsCodeHelper = '/home/u/.vscode-server/cli/servers/Stable-1/server/bin/helpers/browser.sh';
const sources = {
  ssh: 'ssh(1), ENVIRONMENT',
  codespaces: 'docs.github.com, "Default environment variables for your codespace"',
  vsCode:
    'microsoft/vscode, src/vs/server/node/remoteTerminalChannel.ts and resources/server/bin/helpers/browser-linux.sh',
  devContainer: 'VS Code Dev Containers sets both in its terminals: seen in public dotfiles and tools',
  gitpod:
    'Gitpod documentation, "Default environment variables"; GITPOD_ENVIRONMENT_ID (Ona): seen in public repositories',
  jetBrains: 'remote-dev-server.sh exports it, and AWS Toolkit for JetBrains (isRunningOnRemoteBackend) reads it',
  cloudShell: 'set in Google Cloud Shell: seen in muesli/termenv and gcloud scripts',
  awsCloudShell: 'set in AWS CloudShell: amazon-q-developer-cli, in_cloudshell()',
  azure: 'set in Azure Cloud Shell: seen in public tools; from memory',
  coder: 'coder.com documentation, workspace environment variables; seen in public repositories',
  docker: 'Docker creates /.dockerenv; sindresorhus/is-docker',
  podman: 'podman-run(1): /run/.containerenv and container=podman; sindresorhus/is-inside-container',
  kubernetes: 'kubernetes.io, "Accessing the API from a Pod": KUBERNETES_SERVICE_HOST',
  nspawn: 'systemd "Container Interface": $container',
  flatpak: 'flatpak-run(1); from memory',
  toolbox: 'containers/toolbox: /run/.containerenv, and the display of the desktop',
  wsl: 'microsoft/WSL issues 423 and 4071 (kernel names); sindresorhus/is-wsl',
  tmux: 'tmux(1), update-environment and show-environment',
  ci: 'the documentation of each service; watson/ci-info',
  display: 'X(7), DISPLAY; Wayland: WAYLAND_DISPLAY',
};

const rows: readonly Row[] = [
  { environment: 'SSH', env: sshVariables, name: 'ssh', ...remote, source: sources.ssh },
  {
    environment: 'SSH without SSH_CONNECTION',
    env: { SSH_TTY: '/dev/pts/3' },
    name: 'ssh',
    ...remote,
    source: sources.ssh,
  },
  {
    environment: 'SSH with a forwarded X display',
    env: { SSH_CLIENT: '203.0.113.7 52144 22', DISPLAY: 'localhost:10.0' },
    name: 'ssh',
    ...remote,
    source: sources.ssh,
  },
  { environment: 'SSH to a Mac', env: sshVariables, platform: 'darwin', name: 'ssh', ...remote, source: sources.ssh },
  { environment: 'SSH to Windows', env: sshVariables, platform: 'win32', name: 'ssh', ...remote, source: sources.ssh },
  {
    environment: 'an empty SSH_TTY',
    env: { SSH_TTY: '', ...display },
    ...desktop,
    source: sources.ssh,
  },
  {
    environment: 'GitHub Codespaces in the browser',
    env: {
      CODESPACES: 'true',
      BROWSER: '/vscode/bin/linux-x64/1/bin/helpers/browser.sh',
      VSCODE_IPC_HOOK_CLI: '/tmp/vscode-ipc-7c1c.sock',
      REMOTE_CONTAINERS: 'true',
    },
    files: { '/.dockerenv': '' },
    name: 'codespaces',
    ...remote,
    source: sources.codespaces,
  },
  {
    environment: 'GitHub Codespaces by gh codespace ssh',
    env: { CODESPACES: 'true', ...sshVariables },
    name: 'codespaces',
    ...remote,
    source: sources.codespaces,
  },
  {
    environment: 'VS Code Remote - SSH',
    env: { VSCODE_IPC_HOOK_CLI: vsCodeSocket, BROWSER: vsCodeHelper, TERM_PROGRAM: 'vscode', ...sshVariables },
    name: 'vscode-remote',
    ...remote,
    source: sources.vsCode,
  },
  {
    environment: 'VS Code tunnel or Remote - SSH with an inherited display',
    env: { VSCODE_IPC_HOOK_CLI: vsCodeSocket, BROWSER: vsCodeHelper, ...display },
    name: 'vscode-remote',
    ...remote,
    source: sources.vsCode,
  },
  {
    environment: 'VS Code on the desktop',
    env: { TERM_PROGRAM: 'vscode', VSCODE_GIT_IPC_HANDLE: '/run/user/1000/vscode-git-1.sock', ...display },
    ...desktop,
    source: sources.vsCode,
  },
  {
    environment: 'code-server',
    env: { VSCODE_PROXY_URI: 'https://code.example.com/proxy/{{port}}/' },
    name: 'vscode-remote',
    ...remote,
    source: 'coder/code-server documentation, VSCODE_PROXY_URI',
  },
  {
    environment: 'VS Code dev container',
    env: { REMOTE_CONTAINERS: 'true', VSCODE_IPC_HOOK_CLI: '/tmp/vscode-ipc-7c1c.sock', DISPLAY: ':1' },
    files: { '/.dockerenv': '' },
    name: 'dev-container',
    ...remote,
    source: sources.devContainer,
  },
  {
    environment: 'VS Code dev container whose shell has the socket only',
    env: { REMOTE_CONTAINERS_IPC: '/tmp/vscode-remote-containers-ipc-7c1c.sock' },
    name: 'dev-container',
    ...remote,
    source: sources.devContainer,
  },
  {
    environment: 'VS Code dev container on WSL',
    env: { REMOTE_CONTAINERS: 'true' },
    files: { '/.dockerenv': '', '/proc/sys/kernel/osrelease': '5.15.146.1-microsoft-standard-WSL2\n' },
    name: 'dev-container',
    ...remote,
    source: sources.devContainer,
  },
  {
    environment: 'Gitpod Classic',
    env: { GITPOD_WORKSPACE_ID: 'a-b-1' },
    name: 'gitpod',
    ...remote,
    source: sources.gitpod,
  },
  {
    environment: 'Gitpod Flex',
    env: { GITPOD_ENVIRONMENT_ID: '0193' },
    name: 'gitpod',
    ...remote,
    source: sources.gitpod,
  },
  {
    environment: 'JetBrains Gateway',
    env: { REMOTE_DEV_LAUNCHER_NAME_FOR_USAGE: 'remote-dev-server.sh', TERMINAL_EMULATOR: 'JetBrains-JediTerm' },
    name: 'jetbrains-remote',
    ...remote,
    source: sources.jetBrains,
  },
  {
    environment: 'a JetBrains terminal on the desktop',
    env: { TERMINAL_EMULATOR: 'JetBrains-JediTerm', ...display },
    ...desktop,
    source: sources.jetBrains,
  },
  {
    environment: 'Google Cloud Shell',
    env: { CLOUD_SHELL: 'true' },
    files: { '/.dockerenv': '' },
    name: 'google-cloud-shell',
    ...remote,
    source: sources.cloudShell,
  },
  {
    environment: 'Google Cloud Shell, older',
    env: { GOOGLE_CLOUD_SHELL: 'true' },
    name: 'google-cloud-shell',
    ...remote,
    source: sources.cloudShell,
  },
  {
    environment: 'AWS CloudShell',
    env: { AWS_EXECUTION_ENV: 'CloudShell' },
    name: 'aws-cloudshell',
    ...remote,
    source: sources.awsCloudShell,
  },
  {
    environment: 'another AWS environment',
    env: { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
    name: 'no-display',
    ...untrusted,
    source: sources.awsCloudShell,
  },
  {
    environment: 'Azure Cloud Shell',
    env: { ACC_CLOUD: 'PROD' },
    name: 'azure-cloud-shell',
    ...remote,
    source: sources.azure,
  },
  { environment: 'Coder', env: { CODER_WORKSPACE_NAME: 'dev' }, name: 'coder', ...remote, source: sources.coder },
  {
    environment: 'Docker',
    env: {},
    files: { '/.dockerenv': '' },
    name: 'container',
    ...remote,
    source: sources.docker,
  },
  {
    environment: 'Docker Desktop on WSL 2',
    env: {},
    files: { '/.dockerenv': '', '/proc/sys/kernel/osrelease': '5.15.146.1-microsoft-standard-WSL2\n' },
    name: 'container',
    ...remote,
    source: sources.docker,
  },
  {
    environment: 'a container of an older Docker',
    env: {},
    files: { '/proc/1/cgroup': '12:cpu:/docker/3f4e\n' },
    name: 'container',
    ...remote,
    source: sources.docker,
  },
  {
    environment: 'Podman',
    env: { container: 'podman' },
    files: { '/run/.containerenv': 'engine="podman-4.9.3"\n' },
    name: 'container',
    ...remote,
    source: sources.podman,
  },
  {
    environment: 'Podman by its variable',
    env: { container: 'podman' },
    name: 'container',
    ...remote,
    source: sources.podman,
  },
  {
    environment: 'Kubernetes with containerd',
    env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    name: 'container',
    ...remote,
    source: sources.kubernetes,
  },
  {
    environment: 'systemd-nspawn',
    env: { container: 'systemd-nspawn' },
    name: 'container',
    ...remote,
    source: sources.nspawn,
  },
  {
    environment: 'Toolbox or Distrobox',
    env: { container: 'oci', ...display },
    files: { '/run/.containerenv': '' },
    name: 'container',
    ...untrusted,
    source: sources.toolbox,
  },
  { environment: 'Flatpak', env: { container: 'flatpak', ...display }, ...desktop, source: sources.flatpak },
  {
    environment: 'WSL 1',
    env: { WSL_DISTRO_NAME: 'Ubuntu' },
    files: { '/proc/sys/kernel/osrelease': '4.4.0-19041-Microsoft\n' },
    name: 'wsl-1',
    ...untrusted,
    source: sources.wsl,
  },
  {
    environment: 'WSL 2',
    env: { WSL_DISTRO_NAME: 'Ubuntu', WSL_INTEROP: '/run/WSL/8_interop' },
    files: { '/proc/sys/kernel/osrelease': '5.15.90.1-microsoft-standard-WSL2\n' },
    name: 'wsl-2',
    ...untrusted,
    source: sources.wsl,
  },
  {
    environment: 'WSL 2 with WSLg, under sudo',
    env: { ...display },
    files: { '/proc/sys/kernel/osrelease': '6.6.87.2-microsoft-standard-WSL2\n' },
    name: 'wsl-2',
    ...untrusted,
    source: sources.wsl,
  },
  {
    environment: 'WSL 2 with a kernel that the user built',
    env: {},
    files: { '/proc/sys/kernel/osrelease': '6.1.0-mine\n', '/proc/sys/fs/binfmt_misc/WSLInterop': 'enabled\n' },
    name: 'wsl-2',
    ...untrusted,
    source: sources.wsl,
  },
  {
    environment: 'VS Code Remote - WSL',
    env: { WSL_DISTRO_NAME: 'Ubuntu', VSCODE_IPC_HOOK_CLI: vsCodeSocket, BROWSER: vsCodeHelper },
    files: { '/proc/sys/kernel/osrelease': '5.15.90.1-microsoft-standard-WSL2\n' },
    name: 'wsl-2',
    ...untrusted,
    source: sources.wsl,
  },
  {
    environment: 'SSH to WSL',
    env: { WSL_DISTRO_NAME: 'Ubuntu', ...sshVariables },
    files: { '/proc/sys/kernel/osrelease': '5.15.90.1-microsoft-standard-WSL2\n' },
    name: 'ssh',
    ...remote,
    source: sources.wsl,
  },
  {
    environment: 'tmux that was started at the desk and attached over SSH',
    env: { TMUX: '/tmp/tmux-1000/default,1,0', ...display },
    tmux: sshVariables,
    name: 'ssh',
    ...remote,
    source: sources.tmux,
  },
  {
    environment: 'tmux over SSH',
    env: { TMUX: '/tmp/tmux-1000/default,1,0', ...sshVariables },
    name: 'ssh',
    ...remote,
    source: sources.tmux,
  },
  {
    environment: 'tmux at the desk',
    env: { TMUX: '/tmp/tmux-1000/default,1,0', ...display },
    tmux: {},
    ...desktop,
    source: sources.tmux,
  },
  ...(['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'TEAMCITY_VERSION', 'JENKINS_URL', 'CONTINUOUS_INTEGRATION'] as const).map(
    (variable) => ({
      environment: `CI (${variable})`,
      env: { [variable]: 'true', ...display },
      files: { '/.dockerenv': '' },
      name: 'ci',
      ...untrusted,
      source: sources.ci,
    }),
  ),
  { environment: 'CI=false', env: { CI: 'false', ...display }, ...desktop, source: sources.ci },
  { environment: 'a console without a display', env: {}, name: 'no-display', ...untrusted, source: sources.display },
  {
    environment: 'an empty DISPLAY',
    env: { DISPLAY: '', WAYLAND_DISPLAY: '' },
    name: 'no-display',
    ...untrusted,
    source: sources.display,
  },
  { environment: 'X', env: display, ...desktop, source: sources.display },
  { environment: 'Wayland', env: { WAYLAND_DISPLAY: 'wayland-0' }, ...desktop, source: sources.display },
  { environment: 'a Mac', env: {}, platform: 'darwin', ...desktop, source: sources.display },
  { environment: 'Windows', env: {}, platform: 'win32', ...desktop, source: sources.display },
  { environment: 'Termux', env: {}, platform: 'android', ...desktop, source: 'termux-open-url; from memory' },
];

function surroundings({ env, files = {}, platform = 'linux', tmux = {} }: Row): Surroundings {
  return { env, platform, readFile: (path) => files[path], readTmux: (variable) => tmux[variable] };
}

describe('describeEnvironment', () => {
  it.each(rows)('knows $environment', ({ name, isRemote, isOpenerTrusted, ...row }) => {
    const { label, ...found } = describeEnvironment(surroundings({ name, isRemote, isOpenerTrusted, ...row }));
    expect(found).toEqual({ name, isRemote, isOpenerTrusted });
    expect(label).toMatch(/^(?:an? )?\w/);
  });

  it('trusts the opener without a display if BROWSER names it', () => {
    const trusts = (env: NodeJS.ProcessEnv): boolean =>
      describeEnvironment(surroundings({ ...{ environment: '', name: '', ...untrusted, source: '' }, env }))
        .isOpenerTrusted;
    expect(['firefox', 'none', ' None ', ' ', ''].map((BROWSER) => trusts({ BROWSER }))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(trusts({ BROWSER: 'firefox', CI: 'true' })).toBe(false);
  });

  it('otherwise trusts the opener only on a desktop', () => {
    for (const row of rows) {
      const { name, isOpenerTrusted } = describeEnvironment(surroundings(row));
      expect([row.environment, isOpenerTrusted]).toEqual([row.environment, name === 'desktop']);
    }
  });

  it('does not ask tmux outside of tmux', () => {
    const readTmux = (): never => {
      throw new Error('tmux was asked');
    };
    expect(describeEnvironment({ env: display, platform: 'linux', readFile: () => undefined, readTmux })).toMatchObject(
      desktop,
    );
  });
});

describe('here', () => {
  it('reads files of this machine for this process only', () => {
    expect(here().readFile('/proc/self/stat') === undefined).toBe(process.platform !== 'linux');
    expect(here().readFile('/missing')).toBeUndefined();
    expect(here({}).readFile('/proc/self/stat')).toBeUndefined();
    expect(here({ TMUX: 'x' }).readTmux('SSH_CONNECTION')).toBeUndefined();
  });

  onPosix('does not wait for a tmux that does not respond', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tmux-'));
    writeFileSync(join(folder, 'tmux'), '#!/bin/sh\nexec sleep 4\n', { mode: 0o755 });
    const environment = jest.replaceProperty(process, 'env', { PATH: `${folder}:${process.env['PATH'] ?? ''}` });
    const begin = performance.now();
    try {
      expect(here().readTmux('SSH_CONNECTION')).toBeUndefined();
      expect(performance.now() - begin).toBeLessThan(3000);
    } finally {
      environment.restore();
      rmSync(folder, { recursive: true });
    }
  });
});

const hasTmux = spawnSync('tmux', ['-V']).status === 0;
if (!hasTmux) console.warn('The test with a real tmux was skipped: tmux is not installed.');

(hasTmux ? describe : describe.skip)('here, inside a real tmux', () => {
  let folder: string;
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' }).trim();
  const { TMUX } = process.env;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-'));
    tmux('new-session', '-d', '-s', 'test', 'sleep 60');
    process.env['TMUX'] = `${join(folder, 'socket')},${tmux('display-message', '-p', '#{pid}')},0`;
  });

  afterEach(() => {
    tmux('kill-server');
    rmSync(folder, { recursive: true });
    if (TMUX === undefined) delete process.env['TMUX'];
    else process.env['TMUX'] = TMUX;
  });

  it('learns from tmux that the attached terminal is an SSH session', () => {
    expect(here().readTmux('SSH_CONNECTION')).toBeUndefined();
    tmux('set-environment', '-t', 'test', 'SSH_CONNECTION', '203.0.113.7 1 192.0.2.9 22');
    expect(here().readTmux('SSH_CONNECTION')).toBe('203.0.113.7 1 192.0.2.9 22');
    tmux('set-environment', '-t', 'test', '-r', 'SSH_CONNECTION');
    expect(here().readTmux('SSH_CONNECTION')).toBeUndefined();
  });
});
