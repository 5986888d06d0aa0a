/** @internal The headers of everything we send (R17). */
export const securityHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** @internal The policy of what is not the page. */
export const inertPolicy = "default-src 'none'; frame-ancestors 'none'";

/**
 * @internal The policy of the page.
 * @param own - whether the page is the package's own, which needs nothing but itself
 * @param sources - further sources, by directive
 */
export function pagePolicy(nonce: string, own: boolean, sources: ReadonlyMap<string, readonly string[]>): string {
  const directives = new Map<string, readonly string[]>(
    own
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
  for (const [name, values] of [
    ['default-src', ["'none'"]],
    ['base-uri', ["'none'"]],
    ['form-action', ["'none'"]],
  ] as const) {
    directives.set(name, values);
  }
  for (const [name, values] of sources) {
    directives.set(name, [...(directives.get(name) ?? []).filter((value) => value !== "'none'"), ...values]);
  }
  directives.set('frame-ancestors', ["'none'"]);
  return [...directives].map(([name, values]) => `${name} ${values.join(' ')}`).join('; ');
}
