import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { PKCEUtil } from '#src/oauth/pkce-util.js';

const unreserved = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('Nothing was thrown');
}

describe('PKCEUtil.generateCodes', () => {
  it('makes the challenge of RFC 7636, appendix B', () => {
    expect(PKCEUtil.generateCodes('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toEqual({
      verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    });
  });

  it('makes a verifier of 100 characters by default', () => {
    expect(PKCEUtil.generateCodes().verifier).toMatch(/^[A-Za-z0-9_-]{100}$/);
  });

  it('makes a verifier of every allowed length, and its challenge', () => {
    for (let length = 43; length <= 128; length++) {
      const { verifier, challenge } = PKCEUtil.generateCodes(length);
      expect(verifier).toMatch(new RegExp(`^[A-Za-z0-9_-]{${length}}$`));
      expect(challenge).toBe(createHash('sha256').update(verifier).digest('base64url'));
    }
  });

  it('never makes the same verifier twice', () => {
    const verifiers = Array.from({ length: 1_000 }, () => PKCEUtil.generateCodes(43).verifier);
    expect(new Set(verifiers).size).toBe(1_000);
  });

  it.each([43, 44, 45, 46])('uses all 64 characters at every place of %i, the last one too', (length) => {
    const seen = Array.from({ length }, () => new Set<string>());
    for (let count = 0; count < 2_000; count++) {
      Array.from(PKCEUtil.generateCodes(length).verifier).forEach((character, place) => seen[place]?.add(character));
    }
    expect(seen.map(({ size }) => size)).toEqual(Array.from({ length }, () => 64));
  });

  it('accepts a verifier with every unreserved character, of 43 and of 128 characters', () => {
    for (const verifier of [unreserved, 'a'.repeat(43), '~'.repeat(128)]) {
      expect(PKCEUtil.generateCodes(verifier).verifier).toBe(verifier);
    }
  });

  it.each([0, -43, 42, 129, 43.5, NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER])(
    'rejects the length %d',
    (length) => {
      const error = thrownBy(() => PKCEUtil.generateCodes(length));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain('`lengthOrVerifier`');
    },
  );

  it.each(['', 'canary', 'c'.repeat(42), 'c'.repeat(129)])('rejects a verifier of another length (%#)', (verifier) => {
    const error = thrownBy(() => PKCEUtil.generateCodes(verifier));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toContain('`lengthOrVerifier`');
    expect(error.message).toContain(`it has ${verifier.length}`);
    expect(error.message).not.toMatch(/canary|ccc/);
  });

  it.each([' ', '+', '/', '=', '%', '\n', '\0', '\u00e9', '\u017f', '\u212a', '\u{1f4a5}'])(
    'rejects a verifier with %j at its start, middle or end',
    (character) => {
      const canary = 'canary'.repeat(10);
      for (const verifier of [character + canary, canary + character + canary, canary + character]) {
        const error = thrownBy(() => PKCEUtil.generateCodes(verifier));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toContain('`lengthOrVerifier`');
        expect(error.message).not.toContain('canary');
      }
    },
  );

  it.each([null, true, 50n, {}, ['a'.repeat(43)], Symbol('canary'), () => 'canary', Buffer.alloc(50)])(
    'rejects what is neither a number nor a string (%#)',
    (value) => {
      // A caller without types may give anything.
      const error = thrownBy(() => PKCEUtil.generateCodes(value as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain('`lengthOrVerifier`');
      expect(error.message).not.toContain('canary');
    },
  );
});
