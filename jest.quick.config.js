import all from './jest.config.js';

/**
 * Everything that needs no browser, no build and no example: `npm run test:quick`.
 *
 * @type {import('jest').Config}
 */
export default {
  ...all,
  testPathIgnorePatterns: [
    '/test/(?:cli|compat|e2e|examples|package)/',
    '/test/terminal/(?:endings|other-machine|screens|user-interface)\\.test\\.ts$',
    '/test/(?:repository/documentation|router/router-behind-proxy|server/tls)\\.test\\.ts$',
  ],
};
