import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

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
    iv: iv.toString('base64url'),
    data: data.toString('base64url'),
  });
}

/** @internal Whether a text was made by `encrypt`. */
export function isEncrypted(text: string): boolean {
  return partsOf(text) !== undefined;
}

/** @internal Decrypts a text. What was damaged, or encrypted with another key, stays as it is: it is no text of a session. */
export function decrypt(text: string, key: Buffer, context: string): string {
  const parts = partsOf(text);
  if (parts === undefined) return text;
  try {
    const data = Buffer.from(parts.data, 'base64url');
    const decipher = createDecipheriv(algorithm, key, Buffer.from(parts.iv, 'base64url'), { authTagLength: 16 })
      .setAAD(Buffer.from(context))
      .setAuthTag(data.subarray(-16));
    return decipher.update(data.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return text;
  }
}

function partsOf(text: string): { readonly iv: string; readonly data: string } | undefined {
  try {
    const { encryption, iv, data } = Object(JSON.parse(text)) as Record<string, unknown>;
    return encryption === algorithm && typeof iv === 'string' && typeof data === 'string' ? { iv, data } : undefined;
  } catch {
    return undefined;
  }
}
