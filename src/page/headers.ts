import { isBuiltInPage, loadsFiles, type CallbackPageOptions } from './options.js';

/** @internal The headers of every response (R17). */
export const securityHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** @internal The policy of every response that is not the callback page. */
export const inertPolicy = "default-src 'none'; frame-ancestors 'none'";

/**
 * @internal The policy of the callback page.
 * @param options - the built-in page loads nothing but a logo of the app's server
 * @param extraSources - the app's further sources, by directive
 */
export function pagePolicy(
  nonce: string,
  options: CallbackPageOptions,
  extraSources: ReadonlyMap<string, readonly string[]>,
): string {
  const directives = new Map<string, readonly string[]>(
    isBuiltInPage(options)
      ? [
          ['script-src', [`'nonce-${nonce}'`]],
          ['style-src', [`'nonce-${nonce}'`]],
          ['img-src', loadsFiles(options) ? ["'self'", 'data:'] : ['data:']],
          ['connect-src', ["'self'"]],
        ]
      : [
          ['script-src', ["'self'", `'nonce-${nonce}'`]],
          ['style-src', ["'self'", "'unsafe-inline'"]],
          ['img-src', ["'self'", 'data:']],
          ['font-src', ["'self'", 'data:']],
          ['media-src', ["'self'", 'data:']],
          ['manifest-src', ["'self'"]],
          ['connect-src', ["'self'"]],
        ],
  );
  for (const name of ['default-src', 'base-uri', 'form-action']) directives.set(name, ["'none'"]);
  for (const [name, values] of extraSources) {
    directives.set(name, [...(directives.get(name) ?? []).filter((value) => value !== "'none'"), ...values]);
  }
  directives.set('frame-ancestors', ["'none'"]);
  return [...directives].map(([name, values]) => `${name} ${values.join(' ')}`).join('; ');
}
