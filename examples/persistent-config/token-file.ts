import envPaths from 'env-paths';
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What is kept of a sign-in. */
export interface SavedTokens {
  /** Whose they are: tokens are shown to nobody else. */
  readonly issuer: string;
  readonly clientId: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Milliseconds since 1970; undefined where the provider did not say. */
  readonly expiresAt: number | undefined;
}

/** There is a token file, but it is not to be used: `UNREADABLE`, `FOREIGN_OWNER`, `OPEN_TO_OTHERS` or `NOT_TOKENS`. */
export class TokenFileError extends Error {
  readonly code: 'UNREADABLE' | 'FOREIGN_OWNER' | 'OPEN_TO_OTHERS' | 'NOT_TOKENS';

  constructor(code: TokenFileError['code'], problem: string, options?: ErrorOptions) {
    super(`The saved sign-in cannot be used: ${problem}.`, options);
    this.name = 'TokenFileError';
    this.code = code;
  }
}

/** ~/.config/NAME on Linux, ~/Library/Preferences/NAME on macOS, %APPDATA%\NAME\Config on Windows. */
export const tokenFile = join(envPaths('embed-auth-demo', { suffix: '' }).config, 'tokens.json');

/**
 * Reads the saved tokens.
 *
 * @returns undefined where there are none
 * @throws {@link TokenFileError} where there is something that is not to be trusted
 */
export async function loadTokens(): Promise<SavedTokens | undefined> {
  let file;
  try {
    file = await open(tokenFile, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new TokenFileError('UNREADABLE', `${tokenFile} cannot be opened`, { cause: error });
  }
  try {
    // Windows has no such owner and mode; the folder there is the user's own.
    const status = await file.stat();
    const { uid, mode } = status;
    if (!status.isFile()) throw new TokenFileError('UNREADABLE', `${tokenFile} is not a file`);
    if (process.getuid !== undefined && uid !== process.getuid()) {
      throw new TokenFileError('FOREIGN_OWNER', `${tokenFile} belongs to another user`);
    }
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new TokenFileError('OPEN_TO_OTHERS', `others may read or write ${tokenFile}`);
    }
    return parseTokens(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

/** Saves the tokens: whoever looks finds the old ones or the new ones, never a part; and nobody else finds any. */
export async function saveTokens(tokens: SavedTokens): Promise<void> {
  await mkdir(dirname(tokenFile), { recursive: true, mode: 0o700 });
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

/** Moves a file that is not to be used out of the way, for whoever wants to look into it. */
export async function setAside(): Promise<string> {
  const aside = `${tokenFile}.${Date.now()}.bad`;
  await rename(tokenFile, aside);
  return aside;
}

function parseTokens(text: string): SavedTokens {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not kept as the cause: its message quotes the file, which may hold a token.
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
    throw new TokenFileError('NOT_TOKENS', `${tokenFile} does not hold what this app writes`);
  }
  return { issuer, clientId, accessToken, refreshToken, expiresAt };
}
