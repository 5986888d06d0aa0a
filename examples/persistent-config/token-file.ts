import envPaths from 'env-paths';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** What is saved of a sign-in. */
export interface SavedTokens {
  /** Which provider issued the tokens, to which app: they are sent to no other. */
  readonly issuer: string;
  readonly clientId: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Milliseconds since 1970; undefined if the provider did not state it. */
  readonly expiresAt: number | undefined;
}

/** There is a token file, but it must not be used. */
export class TokenFileError extends Error {
  readonly code: 'UNREADABLE' | 'FOREIGN_OWNER' | 'OPEN_TO_OTHERS' | 'NOT_TOKENS';

  constructor(code: TokenFileError['code'], problem: string, options?: ErrorOptions) {
    super(`The saved sign-in cannot be used: ${problem}.`, options);
    this.name = 'TokenFileError';
    this.code = code;
  }
}

/** ~/.config/NAME on Linux, ~/Library/Preferences/NAME on macOS, %APPDATA%\NAME\Config on Windows. */
const folder = envPaths('embed-auth-demo', { suffix: '' }).config;
export const tokenFile = join(folder, 'tokens.json');

/** Windows has no such owners and modes; the folder there is accessible to its user only. */
const hasModes = process.platform !== 'win32';

/**
 * Reads the saved tokens.
 *
 * @returns undefined if there are none
 * @throws {@link TokenFileError} if there is a file that must not be used
 */
export async function loadTokens(): Promise<SavedTokens | undefined> {
  let file: FileHandle;
  try {
    await makeFolderPrivate();
    // A link could lead to another file.
    file = await open(tokenFile, hasModes ? constants.O_RDONLY | constants.O_NOFOLLOW : 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new TokenFileError('UNREADABLE', `${tokenFile} cannot be opened`, { cause: error });
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new TokenFileError('UNREADABLE', `${tokenFile} is not a file`);
    if (hasModes && status.uid !== process.getuid?.()) {
      throw new TokenFileError('FOREIGN_OWNER', `${tokenFile} belongs to another user`);
    }
    if (hasModes && (status.mode & 0o077) !== 0) {
      throw new TokenFileError('OPEN_TO_OTHERS', `others may read or write ${tokenFile}`);
    }
    return parseTokens(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

/** Saves the tokens. The file always holds either the old tokens or the new ones, and only its user can read it. */
export async function saveTokens(tokens: SavedTokens): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await makeFolderPrivate();
  const temporary = `${tokenFile}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(tokens, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, tokenFile);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Renames a file that must not be used, so that it can be examined. It may hold tokens: only its user can read the copy. */
export async function setAside(): Promise<string> {
  const aside = `${tokenFile}.${Date.now()}.bad`;
  const status = await lstat(tokenFile);
  // chmod() would follow a link. Another user's file cannot be changed, but the folder keeps others out.
  if (hasModes && !status.isSymbolicLink()) {
    await chmod(tokenFile, status.isDirectory() ? 0o700 : 0o600).catch(() => undefined);
  }
  await rename(tokenFile, aside);
  return aside;
}

/** The folder may be older than this app, or come out of an archive. */
async function makeFolderPrivate(): Promise<void> {
  const { mode } = await lstat(folder);
  if (hasModes && (mode & 0o077) !== 0) await chmod(folder, 0o700);
}

function parseTokens(text: string): SavedTokens {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the cause: its message quotes the file, which may hold a token.
    throw new TokenFileError('NOT_TOKENS', `${tokenFile} is not JSON`);
  }
  const { issuer, clientId, accessToken, refreshToken, expiresAt } = Object(value) as Record<string, unknown>;
  if (
    typeof issuer !== 'string' ||
    typeof clientId !== 'string' ||
    typeof accessToken !== 'string' ||
    (refreshToken !== undefined && typeof refreshToken !== 'string') ||
    (expiresAt !== undefined && typeof expiresAt !== 'number')
  ) {
    throw new TokenFileError('NOT_TOKENS', `${tokenFile} does not hold saved tokens`);
  }
  return { issuer, clientId, accessToken, refreshToken, expiresAt };
}
