import type NodeCrypto from 'node:crypto';

// `process.getBuiltinModule` instead of an import: importing the package must not load node:crypto, and these functions are
// synchronous. It is called once, because each call takes longer than the hashing.
let loaded: typeof NodeCrypto | undefined;
const crypto = (): typeof NodeCrypto => (loaded ??= process.getBuiltinModule('node:crypto'));

/** @internal Random bytes of the system's secure generator as base64url; the text is a third longer than the bytes. */
export function randomBase64url(bytes: number): string {
  return crypto().randomBytes(bytes).toString('base64url');
}

/**
 * @internal The SHA-256 digest of a text in UTF-8, as base64url. Secrets are looked up by it: how long that takes says nothing about
 * the secret itself.
 */
export function sha256(text: string): string {
  return crypto().hash('sha256', text, 'base64url');
}

/** @internal Compares two digests in constant time. */
export function isSameDigest(one: string, other: string): boolean {
  return one.length === other.length && crypto().timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
