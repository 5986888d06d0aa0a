/** What the user can do about a rejected request. Reasons that are not listed are noise: a prefetch, a favicon, a scanner. */
const advice: Readonly<Record<string, string>> = {
  state_foreign:
    'A response of another sign-in arrived and was rejected. Use the address of this sign-in, and close tabs of earlier ones.',
  state_used: 'A response that was already used arrived again and was rejected. There is nothing to do.',
  malformed: 'A response arrived that is malformed and was rejected. Begin again at the address of this sign-in.',
  empty: 'The browser came back without a response. Begin again at the address of this sign-in.',
  wrong_issuer: 'A response of another authorization server arrived and was rejected.',
  wrong_redirect_uri: 'A response arrived at another address than the redirect URI of this sign-in and was rejected.',
  foreign_host:
    'The browser used another host name for this program and was rejected. Use exactly the address of this sign-in; a tunnel or proxy in front of the program needs the option publicUri (the command: --public-uri).',
  foreign_origin: 'A page of another origin sent a response, which was rejected. Close other tabs and try again.',
  not_a_navigation: 'A response was sent by a script or frame instead of a page visit and was rejected.',
  content_type: 'A response in an unknown format arrived and was rejected. Paste the address of the page instead.',
  body_too_large: 'A response arrived that is too large and was rejected. Paste the address of the page instead.',
  body_invalid: 'A response arrived incomplete and was rejected. Reload the page in the browser.',
  tls: 'The browser used https for an http address and was rejected. Turn off its HTTPS-only mode for this address, and use 127.0.0.1 rather than localhost.',
};

/** One line for the terminal; undefined for a reason that the user need not know. */
export function adviceFor(reason: string): string | undefined {
  return Object.hasOwn(advice, reason) ? advice[reason] : undefined;
}
