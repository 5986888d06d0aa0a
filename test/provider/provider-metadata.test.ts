import { describe, expect, it } from '@jest/globals';
import { checkMetadata } from '#src/provider/provider-metadata.js';

describe('checkMetadata', () => {
  const check = (issuer: string, endpoint: string): unknown =>
    checkMetadata(issuer, { issuer, token_endpoint: endpoint });

  it.each([
    'http://127.0.0.1:9000/admin',
    'https://127.0.0.1/token',
    'https://127.1/token',
    'https://0x7f000001/token',
    'https://2130706433/token',
    'https://localhost/token',
    'https://localhost./token',
    'https://app.localhost/token',
    'https://[::1]/token',
    'https://[::]/token',
    'https://[::ffff:127.0.0.1]/token',
    'https://[0:0:0:0:0:ffff:7f01:203]/token',
    'https://0.0.0.0/token',
  ])('rejects the endpoint %s of an issuer that is elsewhere (R47)', (endpoint) => {
    expect(() => check('https://a.test', endpoint)).toThrow(
      /`token_endpoint` (?:on this machine|that is not an https)/,
    );
  });

  it.each([
    'https://b.test/token',
    'https://127.0.0.1.a.test/',
    'https://[2001:db8::1]/',
    'https://128.0.0.1/',
    'https://localhost.a.test/',
  ])('accepts the endpoint %s', (endpoint) => {
    expect(check('https://a.test', endpoint)).toMatchObject({ token_endpoint: endpoint });
  });

  it('accepts any loopback address if the issuer is on one', () => {
    expect(check('http://localhost:80', 'http://127.0.0.1:9000/t')).toBeDefined();
  });
});
