import type NodeCrypto from 'node:crypto';

// `process.getBuiltinModule` instead of an import: importing the package must not load node:crypto, and these functions are
// synchronous. It is called once, because each call takes longer than the hashing.
let loaded: typeof NodeCrypto | undefined;
const crypto = (): typeof NodeCrypto => (loaded ??= process.getBuiltinModule('node:crypto'));

/**
 * Random bytes of the system's secure generator as base64url, without padding.
 *
 * @param bytes - How many random bytes; the text is a third longer.
 * @internal
 */
export function randomBase64url(bytes: number): string {
  return crypto().randomBytes(bytes).toString('base64url');
}

/**
 * The SHA-256 digest of a text in UTF-8.
 *
 * @param text - The text.
 * @internal
 */
export function sha256(text: string): Buffer {
  return crypto().hash('sha256', text, 'buffer');
}

/**
 * Whether two buffers are equal, in a time that depends on their lengths only. Digests make the lengths equal.
 *
 * @param a - One buffer.
 * @param b - The other buffer. One of another length is unequal; Node's function would throw.
 * @internal
 */
export function timingSafeEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && crypto().timingSafeEqual(a, b);
}
