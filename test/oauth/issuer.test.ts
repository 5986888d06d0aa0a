import { describe, expect, it } from '@jest/globals';
import { isSameIssuer } from '#src/oauth/issuer.js';

describe('isSameIssuer', () => {
  it.each([
    ['https://a.test', 'https://a.test/', true],
    ['https://a.test/x', 'https://a.test/x/', true],
    ['https://a.test/x', 'https://a.test/y', false],
    ['https://a.test/x', 'https://a.test/X', false],
    ['https://a.test/x', 'https://a.test/x//', false],
    ['https://a.test', 'http://a.test', false],
    ['https://a.test', 'https://a.test:444', false],
    ['https://a.test', 'https://a.test.evil.test', false],
  ])('of %s and %s is %s', (one, other, same) => {
    expect(isSameIssuer(one, other)).toBe(same);
    expect(isSameIssuer(other, one)).toBe(same);
  });
});
