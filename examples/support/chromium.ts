import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { launch, type Browser, type LaunchOptions } from 'puppeteer-core';

/** The options of puppeteer that can be set. */
export type LaunchChromiumOptions = Pick<
  LaunchOptions,
  'acceptInsecureCerts' | 'args' | 'defaultViewport' | 'env' | 'handleSIGINT' | 'timeout'
>;

/** A browser that may be installed, and what it needs to run. */
interface Candidate {
  readonly description: string;
  readonly path: string;
  readonly launchOptions?: LaunchOptions;
  /** The folder of the libraries that the browser needs and a minimal system lacks. */
  readonly libraries?: string;
}

const quietArgs = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts a headless browser with a new profile, which is removed when the browser is closed. It uses the browser that
 * BROWSER_PATH names, else an installed Chrome, Chromium or Edge, else the Chromium in `@sparticuz/chromium`.
 */
export async function launchChromium(options: LaunchChromiumOptions = {}): Promise<Browser> {
  const failures: unknown[] = [];
  for (const find of [namedBrowser, localBrowser, bundledBrowser]) {
    try {
      // One at a time: the bundled browser is unpacked only if no other one starts.
      const candidate = await find();
      if (candidate) return await launchCandidate(candidate, options);
    } catch (error) {
      failures.push(error);
      // A browser that was named is not replaced by another one.
      if (find === namedBrowser) break;
    }
  }
  const [cause] = failures;
  throw new Error(
    cause instanceof Error
      ? `No browser started: ${cause.message}`
      : 'There is no browser. Install Chrome, Chromium or Edge, or name one with BROWSER_PATH',
    { cause: failures.length > 1 ? new AggregateError(failures) : cause },
  );
}

/** Names the browser that `launchChromium` would use, for messages. */
export async function describeChromium(): Promise<string> {
  const candidate = namedBrowser() ?? localBrowser();
  if (candidate) return candidate.description;
  return bundledPackage() ? await bundledDescription() : 'no browser';
}

async function launchCandidate(candidate: Candidate, options: LaunchChromiumOptions): Promise<Browser> {
  const attempt = async (sandbox: boolean, withLibraries: boolean): Promise<Browser> => {
    const { path: executablePath, launchOptions = {}, libraries } = candidate;
    const environment: Record<string, string | undefined> = { ...process.env, ...launchOptions.env, ...options.env };
    if (withLibraries && libraries !== undefined) environment['LD_LIBRARY_PATH'] = libraries;
    const args = [...quietArgs, ...(sandbox ? [] : ['--no-sandbox']), ...(options.args ?? [])];
    try {
      return await launch({ ...launchOptions, ...options, executablePath, args, env: environment });
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      // Containers and recent Ubuntu versions do not allow the namespaces that the sandbox needs.
      if (sandbox && /sandbox/i.test(message)) return await attempt(false, withLibraries);
      if (!withLibraries && libraries !== undefined && /shared librar/i.test(message)) return attempt(sandbox, true);
      throw error;
    }
  };
  // Chromium does not run as root with its sandbox.
  return attempt(!(process.platform === 'linux' && process.getuid?.() === 0), false);
}

function namedBrowser(): Candidate | undefined {
  const path = process.env['BROWSER_PATH'];
  if (path === undefined || path === '') return undefined;
  if (!existsSync(path)) throw new Error('BROWSER_PATH names a file that does not exist');
  return { description: `${path} (BROWSER_PATH)`, path };
}

function localBrowser(): Candidate | undefined {
  const path = localPaths().find((candidate) => existsSync(candidate));
  return path === undefined ? undefined : { description: path, path };
}

function localPaths(): string[] {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].flatMap((name) =>
      ['/Applications', join(homedir(), 'Applications')].map((folder) =>
        join(folder, `${name}.app`, 'Contents', 'MacOS', name),
      ),
    );
  }
  if (process.platform === 'win32') {
    return [
      ['Google', 'Chrome', 'Application', 'chrome.exe'],
      ['Chromium', 'Application', 'chrome.exe'],
      ['Microsoft', 'Edge', 'Application', 'msedge.exe'],
    ].flatMap((parts) =>
      ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].flatMap((name) => {
        const folder = process.env[name];
        return folder === undefined ? [] : [join(folder, ...parts)];
      }),
    );
  }
  // Not /snap/bin, nor Ubuntu's /usr/bin/chromium-browser, which leads there: a snap has another /tmp.
  return [
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/opt/google/chrome/chrome',
    '/usr/bin/chromium',
    '/usr/lib/chromium/chromium',
    '/usr/bin/microsoft-edge-stable',
    '/usr/bin/microsoft-edge',
    '/opt/microsoft/msedge/msedge',
  ];
}

/** The folder of `@sparticuz/chromium`, if it is installed and runs on this system. */
function bundledPackage(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    // From build/cjs/index.cjs up.
    return dirname(dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'))));
  } catch {
    // It is a development dependency, which may not be installed.
    return undefined;
  }
}

async function bundledDescription(): Promise<string> {
  return `Chromium ${await bundledVersion()} of the npm package @sparticuz/chromium`;
}

async function bundledVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(bundledPackage() ?? '', 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}

async function bundledBrowser(): Promise<Candidate | undefined> {
  const folder = bundledPackage();
  if (folder === undefined) return undefined;
  const unpacked = await unpackBundled(folder);
  return {
    description: await bundledDescription(),
    path: join(unpacked, 'chromium'),
    libraries: join(unpacked, 'al2023', 'lib'),
    // The package's arguments are not used: they are for AWS Lambda, and turn web security and site isolation off.
    launchOptions: { headless: 'shell', env: { FONTCONFIG_FILE: join(unpacked, 'fonts.conf') } },
  };
}

/**
 * Unpacks the browser, once, to node_modules/.cache. The package itself unpacks to fixed names in the shared /tmp, where a
 * second process could start an incomplete browser, and another user could plant one.
 */
async function unpackBundled(folder: string): Promise<string> {
  const cache = join(dirname(dirname(folder)), '.cache', 'embed-auth-server');
  const target = join(cache, `chromium-${await bundledVersion()}`);
  if (existsSync(target)) return target;
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, 'unpacking-'));
  try {
    // In another process, whose temporary folder can be set. As on AWS, it unpacks libraries that a minimal system lacks.
    const script = 'const c = require(process.argv[1]); (c.default ?? c).executablePath().catch(() => process.exit(1))';
    await promisify(execFile)(process.execPath, ['-e', script, folder], {
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
    });
    await writeFile(join(staging, 'fonts.conf'), fontsConfiguration(target));
    await rename(staging, target);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    // Another process may have been faster.
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** The system's fonts if there are any, and the browser's font, so that text is visible on every system. */
function fontsConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
}
