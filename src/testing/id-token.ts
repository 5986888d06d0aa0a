import { createSign, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { randomBase64url } from '../oauth/random-and-digest.js';
import { withChanges } from './error-response.js';

interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

// One for all servers of a process, made when the first one needs it: a tenth of a second.
let signingKey: SigningKey | undefined;

function currentKey(): SigningKey {
  signingKey ??= { id: randomBase64url(9), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
  return signingKey;
}

/** The JSON Web Key Set with the public key (RFC 7517, section 5). */
export function publicKeys(): { readonly keys: readonly JsonWebKey[] } {
  const { id, publicKey } = currentKey();
  return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: id, use: 'sig', alg: 'RS256' }] };
}

/**
 * Issues an ID token, signed with RS256, which OpenID Connect Core, section 15.1, requires of every provider.
 *
 * @param claims - the claims; undefined ones are omitted
 * @param changes - claims that are added and replaced; null omits one
 */
export function issueIdToken(
  claims: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): string {
  const { id, privateKey } = currentKey();
  const header = { alg: 'RS256', typ: 'JWT', kid: id };
  const signed = [header, withChanges(claims, changes)].map(base64url).join('.');
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
}

function base64url(value: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
