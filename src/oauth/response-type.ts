/**
 * The response types of the two flows; a hybrid one, such as `id_token token`, is given as a string.
 *
 * @see [IANA, OAuth parameters](https://www.iana.org/assignments/oauth-parameters/oauth-parameters.xhtml#endpoint)
 */
export const ResponseType = {
  /** Authorization code: the flow to use if the provider has it, with PKCE. */
  Code: 'code',
  /** Implicit grant: the access token comes in the redirect itself. */
  Token: 'token',
} as const;

/** `'code'`, `'token'`, or one of them with `id_token`. */
// The intersection keeps the two known values in an editor's completions.
export type ResponseType = (typeof ResponseType)[keyof typeof ResponseType] | (string & Record<never, never>);

/** @internal Checks that a response type results in a code or an access token, and is one that responses can be checked against. */
export function checkResponseType(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string, not ${typeof value}`);
  const words = value.split(' ');
  if (words.some((word, index) => !/^(?:code|token|id_token|none)$/.test(word) || words.indexOf(word) < index)) {
    throw new TypeError(
      `\`${name}\` has an unknown response type: use \`code\` or \`token\`, or one of them with \`id_token\``,
    );
  }
  if (!words.includes('code') && !words.includes('token')) {
    throw new TypeError(
      `\`${name}\` asks for the response type ${value}, which results in no code and no access token: use \`code\`, or \`id_token token\``,
    );
  }
  return value;
}
