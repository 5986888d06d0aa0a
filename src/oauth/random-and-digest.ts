import type NodeCrypto from 'node:crypto';

// `process.getBuiltinModule` instead of an import: importing the package must not load node:crypto (most runs of an app
// use a cached token), and these functions are synchronous, so a dynamic import will not do. Node has it since 20.16.
// Asked for once: at each call Node compares all of the module's exports, which takes longer than the hashing itself.
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
 * Whether two buffers are equal, in a time that depends on their lengths only. Give it digests, so that the lengths do not
 * tell anything either.
 *
 * @param a - The one buffer.
 * @param b - The other buffer. One of another length is unequal, where Node's own function throws.
 * @internal
 */
export function timingSafeEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && crypto().timingSafeEqual(a, b);
}
