import { checkedParameters, resultParameters } from './parameters.js';

/** @internal */
export const controlCharacter = /\p{Cc}/u;

/** @internal A parameter's value; an empty one counts as absent (RFC 6749, section 3.1). */
export function valueOf(params: URLSearchParams, name: string): string | undefined {
  const first = params.get(name) ?? undefined;
  return first === '' ? params.getAll(name).find((value) => value !== '') : first;
}

/** @internal The access token, by the name of the RFC or by Trello's. */
export function tokenOf(params: URLSearchParams): string | undefined {
  return valueOf(params, 'access_token') ?? valueOf(params, 'token');
}

/** @internal Whether parameters hold an authorization response, as opposed to parameters of the app. */
export function isResponse(params: URLSearchParams): boolean {
  return resultParameters.some((name) => valueOf(params, name) !== undefined);
}

/** @internal The first parameter of the protocol that has different values, if there is one. */
export function findContradiction(params: URLSearchParams): string | undefined {
  return checkedParameters.find((name) => {
    const values = params.getAll(name);
    return values.length > 1 && new Set(values.filter((value) => value !== '')).size > 1;
  });
}

/** @internal The first parameter of the protocol in a redirect URI's own query, if there is one. */
export function findProtocolParameter(query: URLSearchParams): string | undefined {
  return checkedParameters.find((name) => query.has(name));
}
