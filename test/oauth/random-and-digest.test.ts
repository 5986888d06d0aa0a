import { describe, expect, it } from '@jest/globals';
import { isSameDigest, randomBase64url, sha256 } from '#src/oauth/random-and-digest.js';

describe('randomBase64url', () => {
  it.each([
    [16, 22],
    [32, 43],
    [96, 128],
  ])('makes of %i bytes %i characters that need no encoding', (bytes, length) => {
    const text = randomBase64url(bytes);
    expect(text).toMatch(/^[\w-]+$/);
    expect(text).toHaveLength(length);
    expect(Buffer.from(text, 'base64url')).toHaveLength(bytes);
    expect(encodeURIComponent(text)).toBe(text);
  });

  it('never makes the same text twice, and uses every bit', () => {
    const texts = Array.from({ length: 2_000 }, () => randomBase64url(16));
    expect(new Set(texts).size).toBe(2_000);
    const seen = texts.reduce(
      ({ ones, zeros }, text) => {
        const value = BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
        return { ones: ones | value, zeros: zeros | ~value };
      },
      { ones: 0n, zeros: 0n },
    );
    expect(BigInt.asUintN(128, seen.ones)).toBe(2n ** 128n - 1n);
    expect(BigInt.asUintN(128, seen.zeros)).toBe(2n ** 128n - 1n);
  });
});

describe('sha256', () => {
  // FIPS 180-4, and RFC 7636, appendix B.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', '13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3'],
  ])('makes the digest of %j', (text, hex) => {
    expect(Buffer.from(sha256(text), 'base64url').toString('hex')).toBe(hex);
  });

  it('reads a text as UTF-8', () => {
    expect(sha256('\u00e9')).toBe(sha256(Buffer.from([0xc3, 0xa9]).toString('utf8')));
    expect(sha256('\u00e9')).not.toBe(sha256('e\u0301'));
  });
});

describe('isSameDigest', () => {
  it('distinguishes equal digests from others', () => {
    expect(isSameDigest(sha256('a'), sha256('a'))).toBe(true);
    expect(isSameDigest(sha256('a'), sha256('b'))).toBe(false);
    expect(isSameDigest('', '')).toBe(true);
  });

  it('finds digests of different lengths unequal, for which Node’s function throws', () => {
    expect(isSameDigest('a', 'ab')).toBe(false);
    expect(isSameDigest('a', '')).toBe(false);
  });
});
