/**
 * @internal Whether two issuers are the same. A slash at the end makes no difference: both spellings lead to the same metadata
 * document, so that they cannot be two authorization servers. Scheme, host, port and path must be equal.
 */
export function isSameIssuer(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '');
}
