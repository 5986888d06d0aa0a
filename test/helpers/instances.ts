// Instances of examples/existing-server on a real Redis, behind a real nginx. The tests and bench/instances.mjs use them.
import getPort from 'get-port';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { findProgram } from './programs.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const example = path.join(root, 'examples', 'existing-server');

/** Why several instances cannot run here; undefined if they can. */
export function findInstancesObstacle(): string | undefined {
  const missing = ['redis-server', 'redis-cli', 'nginx'].filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) return `it needs ${missing.join(', ')} (Debian: redis-server, nginx)`;
  const packages = ['redis', 'connect-redis'].map((name) => path.join(example, 'redis', 'node_modules', name));
  return packages.every((folder) => existsSync(folder)) ? undefined : 'run npm ci --prefix test/compat';
}

/** A program that runs until it is killed. */
export class Program implements AsyncDisposable {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  readonly #lastSignal: NodeJS.Signals;
  #output = '';

  /** @param lastSignal - what ends it; nginx must be able to end its workers */
  constructor(
    command: string,
    args: readonly string[],
    { env = {}, lastSignal = 'SIGKILL' }: { env?: NodeJS.ProcessEnv; lastSignal?: NodeJS.Signals } = {},
  ) {
    this.#lastSignal = lastSignal;
    this.#child = spawn(command, args, {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
        for (const listener of this.#listeners) listener();
      });
    }
    this.ended = once(this.#child, 'close').then(() => {
      for (const listener of this.#listeners) listener();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has written to stdout and stderr so far. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Resolves when the output, from a position on, has a match; rejects if the program ends without one. */
  async printed(pattern: RegExp, from = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const isThere = pattern.test(this.#output.slice(from));
        if (!isThere && this.isRunning) return;
        this.#listeners.delete(look);
        if (isThere) resolve();
        else reject(new Error(`It ended without printing ${String(pattern)}:\n${this.#output}`));
      };
      this.#listeners.add(look);
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(signal = this.#lastSignal): Promise<void> {
    this.#child.kill(signal);
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** How a Redis is run. */
export interface RedisOptions {
  /** Whether every write is on the disk before its reply. @default false: a restart loses everything */
  readonly isPersistent?: boolean;
  /** @default none */
  readonly password?: string;
  /** The files of its certificate and key. @default no TLS */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A real Redis on a port of its own, which can be stopped and started again. */
export class Redis implements AsyncDisposable {
  readonly #folder: string;
  readonly #port: number;
  readonly #options: RedisOptions;
  #program: Program | undefined;

  constructor(folder: string, port: number, options: RedisOptions = {}) {
    this.#folder = folder;
    this.#port = port;
    this.#options = options;
  }

  get url(): string {
    const { password, tls } = this.#options;
    const credentials = password === undefined ? '' : `default:${encodeURIComponent(password)}@`;
    return `${tls === undefined ? 'redis' : 'rediss'}://${credentials}127.0.0.1:${this.#port}`;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error('Redis has not been started');
    return this.#program;
  }

  async start({ isPersistent = this.#options.isPersistent ?? false } = {}): Promise<void> {
    const { password, tls } = this.#options;
    const port = String(this.#port);
    this.#program = new Program('redis-server', [
      ...['--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''],
      ...['--appendonly', isPersistent ? 'yes' : 'no', '--appendfsync', 'always'],
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...(tls === undefined
        ? ['--port', port]
        : ['--port', '0', '--tls-port', port, '--tls-cert-file', tls.cert, '--tls-key-file', tls.key]),
      ...(tls === undefined ? [] : ['--tls-auth-clients', 'no']),
    ]);
    await this.#program.printed(/Ready to accept connections/);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.program.kill(signal);
  }

  /** What redis-cli prints for a command. */
  async command(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(this.#port), ...args]);
    return stdout.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.kill();
  }
}

/** One process of the example. */
export class Instance implements AsyncDisposable {
  readonly port: number;
  readonly #env: NodeJS.ProcessEnv;
  #program: Program | undefined;

  constructor(port: number, env: NodeJS.ProcessEnv) {
    this.port = port;
    this.#env = { ...env, EXAMPLE_PORT: String(port) };
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error('The instance has not been started');
    return this.#program;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ['--import', import.meta.resolve('tsx'), path.join(example, 'index.ts')];
    this.#program = new Program(process.execPath, args, { env: this.#env });
    await this.#program.printed(/^Open /m);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.kill();
  }
}

/** Instances behind nginx. */
export interface Cluster extends AsyncDisposable {
  /** What the browsers see: https. */
  readonly origin: string;
  readonly certificate: string;
  readonly folder: string;
  readonly files: { readonly cert: string; readonly key: string };
  readonly redis: Redis;
  readonly nginx: Program;
  readonly instances: readonly Instance[];
  /** The environment of an instance. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts Redis, nginx with the example's configuration, and instances of the example.
 *
 * @param issuer - the test authorization server
 * @param count - how many instances; 1 or 2
 */
export async function startCluster({
  issuer,
  count = 2,
  redis: redisOptions,
}: {
  issuer: string;
  count?: 1 | 2;
  redis?: RedisOptions;
}): Promise<Cluster> {
  const folder = await mkdtemp(path.join(tmpdir(), 'eas-instances-'));
  const parts: AsyncDisposable[] = [];
  const use = <Part extends AsyncDisposable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await chmod(folder, 0o755); // nginx's workers are another user if it is started by root.
    const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      keyType: 'ec',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    const files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
    await writeFile(files.cert, cert);
    await writeFile(files.key, key, { mode: 0o600 });

    const host = '127.0.0.1';
    const redis = use(new Redis(folder, await getPort({ host }), redisOptions));
    await redis.start();
    const origin = `https://127.0.0.1:${await getPort({ host })}`;
    const env = {
      EXAMPLE_ISSUER: issuer,
      PUBLIC_URI: `${origin}/auth/callback`,
      REDIS_URL: redis.url,
      SESSION_SECRET: 'the secret that all instances share',
    };
    const ports = await Promise.all(Array.from({ length: count }, () => getPort({ host })));
    const instances = ports.map((port) => use(new Instance(port, env)));
    const config = path.join(folder, 'nginx.conf');
    await writeFile(config, await nginxConfig(origin, instances));
    const nginx = use(
      new Program(findProgram('nginx') ?? 'nginx', ['-p', folder, '-c', config], { lastSignal: 'SIGTERM' }),
    );
    await Promise.all([nginx.printed(/start worker process \d/), ...instances.map((instance) => instance.start())]);
    return { origin, certificate: cert, folder, files, redis, nginx, instances, env, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/**
 * The example's configuration, with other ports, with a header that says which instance responded, and with a turn at once for an
 * instance that was started again.
 */
async function nginxConfig(origin: string, instances: readonly Instance[]): Promise<string> {
  let config = await readFile(path.join(example, 'redis', 'nginx.conf'), 'utf8');
  const replace = (line: string, by: string): void => {
    if (!config.includes(line)) throw new Error(`nginx.conf has no line ${line}`);
    config = config.replace(line, by);
  };
  replace('error_log stderr warn;', 'error_log stderr notice;');
  replace('listen 127.0.0.1:8443 ssl;', `listen ${new URL(origin).host} ssl;`);
  for (const [index, port] of [5601, 5602].entries()) {
    const instance = instances[index];
    replace(`server 127.0.0.1:${port};`, instance === undefined ? '' : `server ${instance.address} max_fails=0;`);
  }
  replace('proxy_pass http://tidewater;', 'proxy_pass http://tidewater; add_header X-Served-By $upstream_addr always;');
  replace('location @unavailable {', 'location @unavailable { add_header X-Served-By $upstream_addr always;');
  return config;
}

/** A response, as a browser without scripts sees it. */
export interface VisitorResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The instances that nginx tried, in order. */
  readonly servedBy: readonly string[];
}

/** A browser without scripts: it has cookies and a connection of its own. */
export class Visitor implements Disposable {
  cookie: string | undefined;
  readonly #cluster: Cluster;
  readonly #agent: Agent;

  constructor(cluster: Cluster, { cookie }: { cookie?: string | undefined } = {}) {
    this.#cluster = cluster;
    this.cookie = cookie;
    this.#agent = new Agent({ keepAlive: true, ca: cluster.certificate });
  }

  /**
   * Sends a request, by nginx or straight to one instance.
   *
   * @param target - a path, or a URI of the cluster
   * @param body - of a POST; without it, it is a GET
   */
  async send(
    target: string,
    { body, headers = {}, to }: { body?: string; headers?: Record<string, string>; to?: Instance } = {},
  ): Promise<VisitorResponse> {
    const { origin } = this.#cluster;
    const uri = new URL(target, origin);
    if (uri.origin !== origin) throw new Error(`${uri.origin} is not the cluster`);
    const options: RequestOptions = {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        Accept: 'text/html',
        Host: uri.host,
        ...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded', Origin: origin }),
        ...(this.cookie === undefined ? {} : { Cookie: this.cookie }),
        ...(to === undefined ? {} : { 'X-Forwarded-Proto': 'https' }),
        ...headers,
      },
    };
    const sent =
      to === undefined
        ? httpsRequest(uri, { ...options, agent: this.#agent })
        : httpRequest(`http://${to.address}${uri.pathname}${uri.search}`, { ...options, agent: false });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const set = response.headers['set-cookie']?.[0];
    if (set !== undefined) this.cookie = set.split(';', 1)[0];
    const servedBy = response.headers['x-served-by'];
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await text(response),
      servedBy: typeof servedBy === 'string' ? servedBy.split(', ') : [],
    };
  }

  /** Begins a sign-in, which the provider allows at once: the URI that it redirects to, and the instance that began. */
  async begin(flow: 'code' | 'token' = 'code', to?: Instance): Promise<{ uri: string; servedBy: string | undefined }> {
    const begun = await this.send('/login', { body: `flow=${flow}`, ...(to === undefined ? {} : { to }) });
    const allowed = await fetch(locationOf(begun, 303), { redirect: 'manual' });
    await allowed.body?.cancel();
    const uri = allowed.headers.get('location');
    if (uri === null) throw new Error(`The provider responded with status ${allowed.status}`);
    return { uri, servedBy: begun.servedBy[0] };
  }

  /** Signs in by code, from the first request to the profile; throws at any other response than the expected one. */
  async signIn(name: string): Promise<void> {
    const { uri } = await this.begin();
    const granted = await this.send(uri);
    if (locationOf(granted, 303) !== '/profile') throw new Error('The callback did not redirect to the profile');
    const profile = await this.send('/profile');
    if (profile.status !== 200 || !profile.body.includes(name)) throw new Error('The profile is not shown');
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function locationOf({ status, headers, body }: VisitorResponse, expected: number): string {
  if (status === expected && headers.location !== undefined) return headers.location;
  throw new Error(`The server responded with status ${status}: ${body.slice(0, 300)}`);
}

/** Seconds of processor time that a process and its children have used so far (Linux). */
export async function processorSeconds(pid: number): Promise<number> {
  const [stat, children] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'),
  ]);
  // The fields after the name, which may contain spaces: user and system time are the 14th and 15th, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) / 100;
  const ofChildren = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(processorSeconds));
  return ofChildren.reduce((sum, seconds) => sum + seconds, own);
}
