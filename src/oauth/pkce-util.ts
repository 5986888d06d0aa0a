import { flag, oneOf, optional, text, type Check, type Parsed } from './option-rows.js';
import { randomBase64url, sha256 } from './random-and-digest.js';

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
   * Makes a code verifier and its `S256` code challenge. `login()` and `LoginRequest` do that themselves.
   *
   * The verifier is for the token request only: keep it in memory, and out of the login URI and the logs.
   *
   * @param lengthOrVerifier - the number of characters of the random verifier, 43 to 128; or your verifier, of 43 to 128
   * unreserved characters (`A-Z a-z 0-9 - . _ ~`)
   * @default 100
   * @returns the verifier and its challenge
   * @throws TypeError if `lengthOrVerifier` is neither a number nor a string, or has a character that is not unreserved
   * @throws RangeError if it is not a whole number from 43 to 128, or has fewer or more characters than that
   *
   * @example
   * ```ts
   * import { PKCEUtil } from 'embed-auth-server';
   *
   * const { verifier, challenge } = PKCEUtil.generateCodes();
   * const authorizationParams = new URLSearchParams({ code_challenge: challenge, code_challenge_method: 'S256' });
   * const tokenParams = new URLSearchParams({ code_verifier: verifier });
   * ```
   *
   * @see [RFC 7636, sections 4.1 and 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.1)
   */
  static generateCodes(lengthOrVerifier: number | string = 100): PKCECodes {
    const verifier = checkVerifier(lengthOrVerifier);
    return { verifier, challenge: sha256(verifier) };
  }
}

const visibleText: Check<string> = (value, name) => {
  if (typeof value === 'string' && /^[!-~]+$/.test(value)) return value;
  throw new TypeError(`\`${name}\` must be a string of visible ASCII characters`);
};

/** @internal */
export const pkceRows = {
  pkce: optional(flag),
  codeVerifier: optional(text),
  codeChallenge: optional(visibleText),
  codeChallengeMethod: optional(oneOf('S256', 'plain')),
};

/** @internal What PKCE adds to a request. */
export interface RequestCodes extends Partial<PKCECodes> {
  readonly method?: 'S256' | 'plain';
}

/** @internal The codes of a request, from its options or random; none if it does not ask for a code. */
export function choosePkceCodes(isCode: boolean, options: Parsed<typeof pkceRows>): RequestCodes {
  const { pkce, codeVerifier, codeChallenge, codeChallengeMethod: method = 'S256' } = options;
  if (codeVerifier === undefined && codeChallenge === undefined) {
    if (options.codeChallengeMethod !== undefined) {
      throw new TypeError('`codeChallengeMethod` is given without `codeChallenge` or `codeVerifier`');
    }
    return isCode && pkce !== false ? { ...PKCEUtil.generateCodes(), method } : {};
  }
  if (pkce === false) throw new TypeError('`pkce` is false, but `codeVerifier` or `codeChallenge` is given');
  if (codeVerifier === undefined) return { ...(codeChallenge !== undefined && { challenge: codeChallenge }), method };
  if (method !== 'S256') {
    throw new RangeError(
      '`codeChallengeMethod` must be S256 if `codeVerifier` is given: plain would show the verifier',
    );
  }
  const codes = PKCEUtil.generateCodes(checkVerifier(codeVerifier, 'codeVerifier'));
  if (codeChallenge !== undefined && codeChallenge !== codes.challenge) {
    throw new TypeError('`codeChallenge` is not the challenge of `codeVerifier`; give one of the two');
  }
  return { ...codes, method };
}

function checkVerifier(lengthOrVerifier: unknown, name = 'lengthOrVerifier'): string {
  if (typeof lengthOrVerifier === 'number') {
    if (!Number.isInteger(lengthOrVerifier) || !isAllowedLength(lengthOrVerifier)) {
      throw new RangeError(`\`${name}\` must be a whole number from 43 to 128 if it is a number`);
    }
    // Four characters hold three bytes. Cut to length, each of them still has its full six random bits.
    return randomBase64url(Math.ceil((lengthOrVerifier * 3) / 4)).slice(0, lengthOrVerifier);
  }
  if (typeof lengthOrVerifier !== 'string') {
    throw new TypeError(`\`${name}\` must be a number or a string, not ${typeof lengthOrVerifier}`);
  }
  const { length } = lengthOrVerifier;
  if (!isAllowedLength(length)) {
    throw new RangeError(`\`${name}\` must have 43 to 128 characters if it is a verifier, but it has ${length}`);
  }
  if (!/^[\w.~-]+$/.test(lengthOrVerifier)) {
    throw new TypeError(`\`${name}\` must have only the characters A-Z a-z 0-9 - . _ ~ if it is a verifier`);
  }
  return lengthOrVerifier;
}

/** RFC 7636, section 4.1. */
function isAllowedLength(length: number): boolean {
  return length >= 43 && length <= 128;
}
