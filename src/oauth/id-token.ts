/** @internal The claims of an ID token, not verified; undefined if it cannot be read: it is encrypted, or no JSON Web Token. */
export function readClaims(idToken: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof idToken !== 'string') return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
    // Read by name only.
    return typeof claims === 'object' && claims !== null ? (claims as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
