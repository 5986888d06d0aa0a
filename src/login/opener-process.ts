import type { ChildProcess } from 'node:child_process';
import { BrowserOpenError } from '../errors.js';
import { fillArguments, type Command } from './browser-command.js';
import { notOpened, notStarted } from './opener-error.js';

/** How long an opener is watched. One that fails does so in well under this; one that still runs is a browser. */
const watchMilliseconds = 1_000;

/** Runs the first program that works. */
export async function startFirst(browsers: readonly Command[], href: string, subject: string): Promise<void> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const failures: unknown[] = [];
  for (const browser of browsers) {
    try {
      const args = fillArguments(browser, href);
      const env = openerEnvironment(process.env);
      await watchOpener(spawn(browser[0], args, { stdio: 'ignore', detached: true, env }), subject);
      return;
    } catch (error) {
      // `spawn` throws some failures, and emits the others.
      failures.push(error instanceof BrowserOpenError ? error : notStarted(error, subject));
    }
  }
  throw failures[0];
}

/**
 * What a browser gets of the app's environment: no variable that changes how a program based on Node or Electron runs, no
 * client secret, and no folder of an AppImage, whose libraries are not the system's.
 */
function openerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const appFolder = env['APPDIR'];
  const result: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(env)) {
    if (/^NODE_|^(?:ELECTRON_RUN_AS_NODE|BUN_OPTIONS)$|CLIENT_?SECRET/i.test(name)) continue;
    if (!appFolder || !value?.includes(`${appFolder}/`) || name === 'APPIMAGE') {
      result[name] = value;
      continue;
    }
    const rest = value.split(':').filter((folder) => !folder.startsWith(`${appFolder}/`));
    if (rest.length > 0) result[name] = rest.join(':');
  }
  return result;
}

/** Calls a function that starts a program before the next turn of the event loop, with the same environment. */
export async function withOpenerEnvironment<T>(start: () => Promise<T>): Promise<T> {
  const kept = openerEnvironment(process.env);
  const removed = Object.entries(process.env).filter(([name, value]) => kept[name] !== value);
  for (const [name] of removed) {
    if (kept[name] === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = kept[name];
  }
  const started = start();
  await Promise.race([started.catch(() => undefined), new Promise(setImmediate)]);
  Object.assign(process.env, Object.fromEntries(removed));
  return started;
}

/** Resolves when the opener exits with 0 or still runs when the time is over; rejects when it fails before. */
export function watchOpener(opener: ChildProcess, subject: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (failure?: BrowserOpenError): void => {
      clearTimeout(timer);
      opener.off('exit', onExit);
      opener.off('error', onError);
      // A program that could not be started has nothing to release: on Deno, `unref()` throws then.
      if (opener.pid !== undefined) opener.unref();
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (code === 0) settle();
      else if (code === null) settle(notOpened(`${subject} was ended by ${signal ?? 'a signal'}.`));
      else settle(notOpened(`${subject} exited with code ${code}; there may be no browser installed.`));
    };
    const onError = (error: Error): void => {
      settle(notStarted(error, subject));
    };
    // It holds the process for its second: the opener itself does not, and the caller awaits the outcome.
    const timer = setTimeout(settle, watchMilliseconds);
    if (opener.exitCode !== null || opener.signalCode !== null) {
      // Windows and WSL: `open` awaits the end of PowerShell, and does not look at how it ended.
      onExit(opener.exitCode, opener.signalCode);
      return;
    }
    opener.once('exit', onExit);
    opener.once('error', onError);
  });
}
