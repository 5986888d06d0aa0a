/** Why a URI of the app's custom protocol does not reach it. */
export type ProtocolErrorCode =
  | 'NOT_PERMITTED'
  | 'XDG_MIME_MISSING'
  | 'REGISTRATION_FAILED'
  | 'PLATFORM_NOT_SUPPORTED'
  | 'NO_FIRST_PROCESS'
  | 'ANOTHER_FIRST_PROCESS'
  | 'FOLDER_NOT_SAFE';

const texts: Readonly<Record<ProtocolErrorCode, string>> = {
  NOT_PERMITTED: 'This user may not register a protocol here',
  XDG_MIME_MISSING: 'xdg-mime is not installed. Install the package xdg-utils, or use a loopback address',
  REGISTRATION_FAILED: 'The system did not register the protocol',
  PLATFORM_NOT_SUPPORTED: 'On this system a program alone cannot register a protocol: see the README',
  NO_FIRST_PROCESS: 'The app that began this sign-in is no longer running. Start it, and sign in again',
  ANOTHER_FIRST_PROCESS: 'The app is already running and waits for its sign-in. Finish that sign-in, or end the app',
  FOLDER_NOT_SAFE: 'The folder for the hand-over belongs to another user, or others may use it. Remove it',
};

/** The protocol could not be registered, or its URI could not be handed over. No message contains the URI. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, detail?: string, options?: ErrorOptions) {
    super(`${texts[code]}${detail === undefined ? '' : ` (${detail})`}.`, options);
    this.name = 'ProtocolError';
    this.code = code;
  }
}

/** The system's code of an error, such as `EACCES`. */
export function systemCode(error: unknown): string | undefined {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
