import type NodeCrypto from 'node:crypto';

// `process.getBuiltinModule` instead of an import: importing the package must not load node:crypto, and these functions are
// synchronous. It is called once, because each call takes longer than the hashing.
let loaded: typeof NodeCrypto | undefined;
const crypto = (): typeof NodeCrypto => (loaded ??= process.getBuiltinModule('node:crypto'));

/** @internal Random bytes of the system's secure generator as base64url; the text is a third longer than the bytes. */
export function randomBase64url(bytes: number): string {
  return crypto().randomBytes(bytes).toString('base64url');
}

/** @internal The SHA-256 digest of a text in UTF-8. */
export function sha256(text: string): Buffer {
  return crypto().hash('sha256', text, 'buffer');
}

/** @internal Compares digests in constant time. Buffers of different lengths are unequal; Node's function would throw. */
export function timingSafeEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && crypto().timingSafeEqual(a, b);
}
