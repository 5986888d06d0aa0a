import path from 'node:path';
import { missingPermission } from '../missing-permission.js';
import { SessionError } from './session-error.js';

/** @internal Checks the name of an app, which becomes the name of a folder. */
export function checkName(name: unknown): string {
  if (typeof name !== 'string' || !/^[a-z0-9._-]{1,64}$/.test(name) || /^\.+$/.test(name)) {
    throw new TypeError(
      '`name` must be 1 to 64 of the characters a-z, 0-9, `.`, `_` and `-`: it names the folder of the tokens',
    );
  }
  return name;
}

/** @internal The system's code of an error. */
export function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown error';
}

/** @internal Why a folder cannot be used: what the runtime does not permit, or the system's code. */
export function reasonOf(error: unknown): string {
  const flag = missingPermission(error);
  return flag === undefined ? codeOf(error) : `this program must be run with ${flag}`;
}

/** @internal Ends a message about a folder that cannot be used. */
export const storeAdvice =
  'choose another folder with XDG_STATE_HOME (LOCALAPPDATA on Windows), or give a `store` of your own';

/**
 * @internal The folder for an app's tokens: where the system keeps what belongs to one user of one machine. An empty variable is unset, and
 * so is a relative path (XDG Base Directory Specification).
 *
 * @throws {@link SessionError} with `STORE_UNAVAILABLE` if the user has no home folder
 */
export function findStoreFolder(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
): string {
  const { [variables[platform] ?? 'XDG_STATE_HOME']: variable } = env;
  if (variable && platform !== 'darwin' && path.isAbsolute(variable)) return path.join(variable, name);
  return path.join(homeFolder(env, platform), ...(folders[platform] ?? ['.local', 'state']), name);
}

const variables: Partial<Record<NodeJS.Platform, string>> = { win32: 'LOCALAPPDATA' };
const folders: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  win32: ['AppData', 'Local'],
  darwin: ['Library', 'Application Support'],
};

function homeFolder({ HOME }: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  // `node:os` takes a millisecond to load, and finds the same.
  if (platform !== 'win32' && HOME && path.isAbsolute(HOME)) return HOME;
  const os = process.getBuiltinModule('node:os');
  for (const find of [() => os.homedir(), () => os.userInfo().homedir]) {
    try {
      const found = find();
      if (path.isAbsolute(found)) return found;
    } catch {
      // The user is unknown to the system.
    }
  }
  throw new SessionError(
    'STORE_UNAVAILABLE',
    'The tokens cannot be kept, because the user has no home folder. Set HOME or XDG_STATE_HOME (LOCALAPPDATA on Windows), or give `store`.',
  );
}
