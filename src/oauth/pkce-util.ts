import { randomBase64url, sha256 } from './random-and-digest.js';

const minimumLength = 43;
const maximumLength = 128;

/** A code verifier and the challenge made from it. */
export interface PKCECodes {
  /** The secret that the app keeps until it exchanges the code. */
  readonly verifier: string;
  /** The verifier's SHA-256 digest as base64url: what the authorization request carries, with the method `S256`. */
  readonly challenge: string;
}

/** Makes the codes of PKCE (Proof Key for Code Exchange). */
export class PKCEUtil {
  /**
   * Makes a code verifier and its `S256` code challenge.
   *
   * The verifier is for the token request only: keep it in memory, and out of the login URI and the logs.
   *
   * @param lengthOrVerifier - how many characters the random verifier is to have, 43 to 128; or a verifier of your own, of
   * 43 to 128 unreserved characters (`A-Z a-z 0-9 - . _ ~`)
   * @default 100
   * @returns the verifier and its challenge
   * @throws TypeError where `lengthOrVerifier` is neither a number nor a string, or has a character that is not unreserved
   * @throws RangeError where it is not a whole number from 43 to 128, or has fewer or more characters than that
   *
   * @example
   * ```ts
   * import { AuthServer, LoginRequest, PKCEUtil, ResponseType } from 'embed-auth-server';
   *
   * const server = new AuthServer();
   * await server.start();
   * const { verifier, challenge } = PKCEUtil.generateCodes();
   * const request = new LoginRequest(server, 'my-client-id', ResponseType.Code, {
   *   codeChallenge: challenge,
   *   codeChallengeMethod: 'S256',
   * });
   * console.log(`Open this in your browser: ${request.toUri().href}`);
   *
   * const response = await server.waitForGrant();
   * const body = new URLSearchParams({
   *   grant_type: 'authorization_code',
   *   code: response.params.get('code') ?? '',
   *   code_verifier: verifier,
   *   client_id: 'my-client-id',
   *   redirect_uri: server.baseUri.href,
   * });
   * await fetch('https://accounts.spotify.com/api/token', { method: 'POST', body });
   * ```
   *
   * @see [RFC 7636, sections 4.1 and 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.1)
   */
  static generateCodes(lengthOrVerifier: number | string = 100): PKCECodes {
    const verifier = checkedVerifier(lengthOrVerifier);
    return { verifier, challenge: sha256(verifier).toString('base64url') };
  }
}

function checkedVerifier(lengthOrVerifier: unknown): string {
  if (typeof lengthOrVerifier === 'number') {
    if (!Number.isInteger(lengthOrVerifier) || !isAllowedLength(lengthOrVerifier)) {
      throw new RangeError(
        `\`lengthOrVerifier\` must be a whole number from ${minimumLength} to ${maximumLength} where it is a number`,
      );
    }
    // Four characters hold three bytes. Cut to length, each of them still has its full six random bits.
    return randomBase64url(Math.ceil((lengthOrVerifier * 3) / 4)).slice(0, lengthOrVerifier);
  }
  if (typeof lengthOrVerifier !== 'string') {
    const shape = lengthOrVerifier === null ? 'null' : typeof lengthOrVerifier;
    throw new TypeError(`\`lengthOrVerifier\` must be a number or a string, but it is ${shape}`);
  }
  if (!isAllowedLength(lengthOrVerifier.length)) {
    throw new RangeError(
      `\`lengthOrVerifier\` must have ${minimumLength} to ${maximumLength} characters where it is a verifier, but it has ${lengthOrVerifier.length}`,
    );
  }
  if (!/^[\w.~-]+$/.test(lengthOrVerifier)) {
    throw new TypeError('`lengthOrVerifier` must have letters, digits and -._~ only where it is a verifier');
  }
  return lengthOrVerifier;
}

function isAllowedLength(length: number): boolean {
  return length >= minimumLength && length <= maximumLength;
}
