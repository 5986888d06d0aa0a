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
 * @param isDefault - whether it is the built-in page, which loads nothing
 * @param extraSources - the app's further sources, by directive
 */
export function pagePolicy(
  nonce: string,
  isDefault: boolean,
  extraSources: ReadonlyMap<string, readonly string[]>,
): string {
  const directives = new Map<string, readonly string[]>(
    isDefault
      ? [
          ['script-src', [`'nonce-${nonce}'`]],
          ['style-src', [`'nonce-${nonce}'`]],
          ['img-src', ['data:']],
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
