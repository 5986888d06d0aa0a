import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';

/** @internal A key of 256 random bits. */
export function newKey(): Buffer {
  return randomBytes(32);
}

/** @internal Encrypts a text. It can only be decrypted with the same `context`. */
export function encrypt(text: string, key: Buffer, context: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(context));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return JSON.stringify({
    version: 1,
    encryption: algorithm,
    keyId: idOf(key),
    iv: iv.toString('base64url'),
    data: data.toString('base64url'),
  });
}

/** @internal Whether a text was made by `encrypt`. */
export function isEncrypted(text: string): boolean {
  return partsOf(text) !== undefined;
}

/**
 * @internal Decrypts a text. What was damaged results in an empty text, which is none of a session.
 *
 * @returns undefined if it was encrypted with another key
 */
export function decrypt(text: string, key: Buffer, context: string): string | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return text;
  if (parts.keyId !== idOf(key)) return undefined;
  try {
    const data = Buffer.from(parts.data, 'base64url');
    const decipher = createDecipheriv(algorithm, key, Buffer.from(parts.iv, 'base64url'), { authTagLength: 16 })
      .setAAD(Buffer.from(context))
      .setAuthTag(data.subarray(-16));
    return decipher.update(data.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return '';
  }
}

/** Tells keys apart, and says nothing about them. */
function idOf(key: Buffer): string {
  return createHash('sha256').update('embed-auth-server key id').update(key).digest('base64url').slice(0, 12);
}

function partsOf(text: string): { readonly keyId: unknown; readonly iv: string; readonly data: string } | undefined {
  try {
    const { encryption, keyId, iv, data } = Object(JSON.parse(text)) as Record<string, unknown>;
    return encryption === algorithm && typeof iv === 'string' && typeof data === 'string'
      ? { keyId, iv, data }
      : undefined;
  } catch {
    return undefined;
  }
}
