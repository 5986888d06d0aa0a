import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ProtocolError, systemCode } from './errors.js';

const run = promisify(execFile);

/**
 * Makes the system run a command, with the URI as its last argument, when a URI of this scheme is opened. It is registered for
 * the current user only, which needs no administrator.
 *
 * @param scheme - without the colon
 * @param command - the program and its arguments
 * @throws {@link ProtocolError} if that is not possible
 */
export async function registerProtocol(scheme: string, command: readonly string[]): Promise<void> {
  await forThisPlatform({
    linux: () => registerOnLinux(scheme, command),
    win32: () => registerOnWindows(scheme, command),
  });
}

/** Removes what {@link registerProtocol} wrote. */
export async function unregisterProtocol(scheme: string): Promise<void> {
  await forThisPlatform({
    linux: async () => {
      // mimeapps.list may still name the file; a missing file is ignored there.
      await Promise.all(Object.values(linuxFiles(scheme)).map((path) => rm(path, { force: true })));
    },
    win32: async () => {
      await reg('delete', windowsKey(scheme), '/f');
    },
  });
}

async function forThisPlatform(actions: Readonly<Partial<Record<string, () => Promise<void>>>>): Promise<void> {
  const action = actions[process.platform];
  // macOS: a protocol is declared in the Info.plist of an app bundle; the URI arrives as an event, not as an argument.
  if (action === undefined) throw new ProtocolError('PLATFORM_NOT_SUPPORTED', process.platform);
  try {
    await action();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    const code = systemCode(error);
    const denied = ['EACCES', 'EPERM', 'EROFS'].includes(code ?? '');
    throw new ProtocolError(denied ? 'NOT_PERMITTED' : 'REGISTRATION_FAILED', placeOf(error) ?? code, { cause: error });
  }
}

/** XDG Base Directory Specification: a relative path counts as unset. */
function linuxFiles(scheme: string): { entry: string; script: string } {
  const { XDG_DATA_HOME = '' } = process.env;
  const data = XDG_DATA_HOME.startsWith('/') ? XDG_DATA_HOME : join(homedir(), '.local', 'share');
  return { entry: join(data, 'applications', `${scheme}.desktop`), script: join(data, scheme, 'open-uri') };
}

async function registerOnLinux(scheme: string, command: readonly string[]): Promise<void> {
  const { entry, script } = linuxFiles(scheme);
  await mkdir(join(script, '..'), { recursive: true, mode: 0o700 });
  // xdg-open does not understand quotes in a desktop entry, so that Exec names a script, which is usually a single word.
  await writeFile(script, `#!/bin/sh\nexec ${command.map(shellWord).join(' ')} "$@"\n`, { mode: 0o700 });
  await mkdir(join(entry, '..'), { recursive: true });
  await writeFile(
    entry,
    [
      '[Desktop Entry]',
      'Type=Application',
      'Name=Embed Auth Demo',
      `Exec=${desktopWord(script)} %u`,
      `MimeType=x-scheme-handler/${scheme};`,
      'NoDisplay=true',
      'Terminal=false',
      '',
    ].join('\n'),
  );
  try {
    await run('xdg-mime', ['default', `${scheme}.desktop`, `x-scheme-handler/${scheme}`]);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new ProtocolError('XDG_MIME_MISSING', undefined, { cause: error });
    throw error;
  }
}

/** Writes three values under HKEY_CURRENT_USER, which its user may always write. No shell changes the arguments. */
async function registerOnWindows(scheme: string, command: readonly string[]): Promise<void> {
  const key = windowsKey(scheme);
  const line = [...command, '%1'].map((word) => `"${word}"`).join(' ');
  await reg('add', key, '/ve', '/d', 'URL:Embed Auth Demo', '/f');
  await reg('add', key, '/v', 'URL Protocol', '/d', '', '/f');
  await reg('add', `${key}\\shell\\open\\command`, '/ve', '/d', line, '/f');
}

function windowsKey(scheme: string): string {
  return `HKCU\\Software\\Classes\\${scheme}`;
}

async function reg(...args: readonly string[]): Promise<void> {
  // By its full path: Windows searches the current folder before the system's.
  await run(join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'reg.exe'), args, { windowsHide: true });
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Desktop Entry Specification, "The Exec key": quoted, and `%` doubled. */
function desktopWord(word: string): string {
  const text = word.replaceAll('%', '%%');
  // A backslash is needed for the quotes and another one for the value.
  return /^[\w./%+-]+$/.test(text) ? text : `"${text.replace(/["`$\\]/g, '\\\\$&')}"`;
}

/** The file that could not be written. */
function placeOf(error: unknown): string | undefined {
  const path = error instanceof Error && 'path' in error ? error.path : undefined;
  const code = systemCode(error);
  return typeof path === 'string' && code !== undefined ? `${code}: ${path}` : undefined;
}
