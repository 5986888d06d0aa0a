/**
 * What can end a sign-in, as a stable word to branch on. The documentation has a table of what the developer and the user
 * at the page read in each case.
 */
export type AuthErrorCode =
  | 'ACCESS_DENIED'
  | 'AUTHORIZATION_FAILED'
  | 'STATE_FOREIGN'
  | 'STATE_USED'
  | 'RESPONSE_MALFORMED'
  | 'RESPONSE_EMPTY'
  | 'ISSUER_MISMATCH'
  | 'REDIRECT_URI_MISMATCH'
  | 'ABORTED'
  | 'TIMED_OUT'
  | 'SERVER_STOPPED'
  | 'SERVER_FAILED'
  | 'PORT_IN_USE'
  | 'PORT_NOT_PERMITTED'
  | 'PORT_BLOCKED'
  | 'ADDRESS_UNAVAILABLE'
  | 'BROWSER_NOT_OPENED'
  | 'URI_NOT_ALLOWED'
  | 'TEMPLATE_UNREADABLE'
  | 'PERMISSION_MISSING'
  | 'INSUFFICIENT_SCOPE'
  | 'PEER_MISSING'
  | 'METADATA_INVALID'
  | 'PROVIDER_UNAVAILABLE'
  | 'PROVIDER_REJECTED'
  | 'TOKEN_RESPONSE_INVALID'
  | 'DEVICE_CODE_EXPIRED'
  | 'SIGN_IN_REQUIRED'
  | 'REFRESH_FAILED'
  | 'STORE_UNREADABLE'
  | 'STORE_UNWRITABLE'
  | 'STORE_LOCKED'
  | 'STORE_UNAVAILABLE';

/** Its value on the prototype of an error class is the name of the class, in every copy of this package. */
const errorClass = Symbol.for('embed-auth-server.errorClass');

/**
 * @internal Gives an error class the name that its errors have, also in minified code. By the same name, `instanceof` recognizes the
 * errors of another copy of this package. `details` are the members that an error may lack: see {@link setDetails}.
 */
export function nameErrorClass(
  constructor: { readonly prototype: Error },
  name: string,
  details: readonly string[] = [],
): void {
  for (const key of details) Object.defineProperty(constructor.prototype, key, { value: undefined, writable: true });
  for (const key of ['name', errorClass]) {
    Object.defineProperty(constructor.prototype, key, { value: name, writable: true, configurable: true });
  }
}

/** @internal Sets the details that are there: an absent one is no own property, so printing the error does not list it. */
export function setDetails<Details extends object>(error: Details, details: Readonly<Partial<Details>>): void {
  Object.assign(error, Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)));
}

/**
 * The base of every error that this package throws for a reason other than a caller's mistake (those are `TypeError` and
 * `RangeError`). Branch on {@link AuthError.code}; the message is for humans.
 *
 * No message, property or cause of an `AuthError` contains a token, a code, a state or a verifier.
 *
 * @example
 * ```ts
 * import { AuthError, login } from 'embed-auth-server';
 *
 * try {
 *   await login({ clientId: 'my-client-id', authorizationEndpoint: 'https://accounts.example.com/authorize' });
 * } catch (error) {
 *   if (error instanceof AuthError && error.code === 'ACCESS_DENIED') console.error('You denied the access.');
 *   else throw error;
 * }
 * ```
 */
export class AuthError extends Error {
  static {
    nameErrorClass(this, 'AuthError');
  }

  /** A stable word that names what happened. */
  readonly code: AuthErrorCode;

  constructor(code: AuthErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether a value is an error of this class, of a subclass, or of the same class in another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    const wanted: unknown = Object.getOwnPropertyDescriptor(this.prototype, errorClass)?.value;
    let prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : null;
    for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
      if (prototype === this.prototype) return true;
      const name: unknown = Object.getOwnPropertyDescriptor(prototype, errorClass)?.value;
      if (name !== undefined && name === wanted) return true;
    }
    return false;
  }
}
