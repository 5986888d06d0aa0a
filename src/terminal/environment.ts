/** What is known about the session that the program runs in. */
export interface Environment {
  /** A stable word, such as `codespaces`, `ssh` or `desktop`. */
  readonly name: string;
  /** The same in words that fit behind "This is". */
  readonly label: string;
  /** The user's browser is most likely on another machine, so that 127.0.0.1 is another machine there. */
  readonly isRemote: boolean;
  /** An opener that reported success has most likely shown a page to the user. Elsewhere "opened" is only a hint. */
  readonly isOpenerTrusted: boolean;
}

/** Where {@link describeEnvironment} looks. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** The content of a file; undefined if there is none. */
  readonly readFile: (path: string) => string | undefined;
  /** What tmux knows of a variable of the terminal that is attached now; undefined without tmux. */
  readonly readTmux: (variable: string) => string | undefined;
}

type Variables = readonly string[];

/** Environments that a variable gives away: name, label, and variables of which one is enough (`NAME=value` or `NAME`). */
const hosted: readonly (readonly [name: string, label: string, variables: Variables])[] = [
  ['codespaces', 'a GitHub codespace', ['CODESPACES']],
  ['gitpod', 'a Gitpod workspace', ['GITPOD_WORKSPACE_ID', 'GITPOD_ENVIRONMENT_ID']],
  ['google-cloud-shell', 'Google Cloud Shell', ['CLOUD_SHELL', 'GOOGLE_CLOUD_SHELL', 'DEVSHELL_GCLOUD_CONFIG']],
  ['aws-cloudshell', 'AWS CloudShell', ['AWS_EXECUTION_ENV=CloudShell']],
  ['azure-cloud-shell', 'Azure Cloud Shell', ['ACC_CLOUD']],
  ['coder', 'a Coder workspace', ['CODER_WORKSPACE_NAME']],
  ['dev-container', 'a dev container', ['REMOTE_CONTAINERS', 'REMOTE_CONTAINERS_IPC']],
  ['jetbrains-remote', 'a JetBrains remote session', ['REMOTE_DEV_LAUNCHER_NAME_FOR_USAGE']],
];
const vsCode: Variables = ['VSCODE_IPC_HOOK_CLI', 'VSCODE_PROXY_URI'];
const ssh: Variables = ['SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY'];
const ci: Variables = ['CI', 'CONTINUOUS_INTEGRATION', 'GITHUB_ACTIONS', 'TF_BUILD', 'TEAMCITY_VERSION', 'JENKINS_URL'];
const containerFiles = ['/.dockerenv', '/run/.containerenv'];

/** Finds out where the program runs, from variables and files. Nothing is executed, except tmux inside tmux. */
export function describeEnvironment(surroundings: Surroundings = here()): Environment {
  const { env, platform } = surroundings;
  const has = (variables: Variables): boolean => variables.some((variable) => isSet(env, variable));
  const remote = (name: string, label: string): Environment => ({
    name,
    label,
    isRemote: true,
    isOpenerTrusted: false,
  });
  const local = (name: string, label: string, isOpenerTrusted: boolean): Environment => ({
    name,
    label,
    isRemote: false,
    isOpenerTrusted,
  });

  const found = hosted.find(([, , variables]) => has(variables));
  if (found !== undefined) return remote(found[0], found[1]);
  const inContainer = isContainer(surroundings);
  // tmux keeps the variables of the terminal that started it; the attached one may be a later SSH connection.
  const isSsh = has(ssh) || (has(['TMUX']) && surroundings.readTmux('SSH_CONNECTION') !== undefined);
  // VS Code on Windows runs its server inside WSL: its terminal has the same variables, but the browser is on this machine.
  const wsl = isSsh || inContainer ? undefined : wslVersion(surroundings);
  if (wsl !== undefined) return local(`wsl-${wsl}`, 'WSL', false);
  if (has(vsCode)) return remote('vscode-remote', 'a remote VS Code session');
  if (isSsh) return remote('ssh', 'an SSH session');
  if (has(ci)) return local('ci', 'a CI job', false);
  // Toolbox and Distrobox are containers that share the desktop and its network.
  if (inContainer)
    return hasDisplay(env, platform) ? local('container', 'a container', false) : remote('container', 'a container');
  return hasDisplay(env, platform)
    ? local('desktop', 'a desktop', true)
    : local('no-display', 'a session without a display', namesBrowser(env));
}

/** The environment of this process; of another one only its variables are known, not its files. */
export function here(env: NodeJS.ProcessEnv = process.env): Surroundings {
  const nothing = (): undefined => undefined;
  const isThis = env === process.env;
  return {
    env: permitted(env),
    platform: process.platform,
    readFile: isThis ? readFile : nothing,
    readTmux: isThis ? readTmux : nothing,
  };
}

/** Variables, of which one that Deno does not permit to read (`--allow-env`) counts as not set. */
export function permitted(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // The target is another object, because the runtime compares what the trap returns with the target's own property.
  return new Proxy<NodeJS.ProcessEnv>(
    {},
    {
      get: (_, name): unknown => {
        try {
          return Reflect.get(env, name);
        } catch {
          return undefined;
        }
      },
    },
  );
}

/** Whether windows can be shown here: only Linux has sessions without a display that a browser starts in. */
export function hasDisplay(env = process.env, platform = process.platform): boolean {
  return platform !== 'linux' || Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY']);
}

/** Whether the user has named the program that opens pages, which then needs no display of this session. */
export function namesBrowser({ BROWSER = '' } = process.env): boolean {
  return BROWSER.trim() !== '' && BROWSER.trim().toLowerCase() !== 'none';
}

function isSet(env: NodeJS.ProcessEnv, variable: string): boolean {
  const [name = '', wanted] = variable.split('=', 2);
  const value = env[name];
  if (wanted !== undefined) return value === wanted;
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}

function isContainer({ env, platform, readFile: read }: Surroundings): boolean {
  if (platform !== 'linux') return false;
  // Podman, systemd-nspawn and LXC set `container`; Flatpak does too, on the desktop that its apps run on.
  const { container = '', KUBERNETES_SERVICE_HOST } = env;
  return (
    (container !== '' && container !== 'flatpak') ||
    KUBERNETES_SERVICE_HOST !== undefined ||
    containerFiles.some((path) => read(path) !== undefined) ||
    /docker|kubepods|containerd|libpod|\blxc\b/.test(read('/proc/1/cgroup') ?? '')
  );
}

function wslVersion({ env, platform, readFile: read }: Surroundings): 1 | 2 | undefined {
  if (platform !== 'linux') return undefined;
  const release = read('/proc/sys/kernel/osrelease') ?? '';
  // WSL 1 reports 4.4.0-19041-Microsoft, WSL 2 5.15.90.1-microsoft-standard-WSL2, a kernel that the user built any name.
  if (/-Microsoft\s*$/.test(release)) return 1;
  const interop = read('/proc/sys/fs/binfmt_misc/WSLInterop') !== undefined;
  return interop || /microsoft/i.test(release) || isSet(env, 'WSL_DISTRO_NAME') ? 2 : undefined;
}

function readFile(path: string): string | undefined {
  const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
  try {
    // Asked first, because an error takes much longer.
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined; // A file that is missing or not readable says nothing.
  }
}

function readTmux(variable: string): string | undefined {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    const output = execFileSync('tmux', ['show-environment', variable], {
      encoding: 'utf8',
      env: process.env,
      timeout: 500,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // A variable that the attached terminal does not have is printed as `-NAME`.
    return output.startsWith(`${variable}=`) ? output.slice(variable.length + 1).trim() : undefined;
  } catch {
    return undefined; // No tmux in PATH, or one that does not respond or knows no such variable.
  }
}
