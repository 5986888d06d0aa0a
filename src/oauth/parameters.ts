/** Where a parameter of the protocol occurs. */
interface Places {
  /** An option of `LoginRequest` writes it, so `extraParams` must not. */
  readonly isWritten?: true;
  /** An authorization URI must not have it twice. */
  readonly isSingle?: true;
  /** In responses: `result` makes the parameters a response; the values of `known` are not looked at. */
  readonly response?: 'result' | 'detail' | 'known';
}

/** The parameters of the protocol, with the names that providers use instead of those of the RFCs. */
const table: readonly (readonly [name: string, places: Places])[] = [
  ['client_id', { isWritten: true }],
  ['response_type', { isWritten: true, isSingle: true }],
  ['redirect_uri', { isWritten: true, isSingle: true }],
  ['response_mode', { isWritten: true, isSingle: true }],
  ['show_dialog', { isWritten: true }],
  ['code_challenge', { isWritten: true, isSingle: true }],
  ['code_challenge_method', { isWritten: true }],
  ['code_verifier', { isWritten: true }],
  ['request_uri', { isSingle: true }],
  ['request', { isSingle: true }],
  ['code', { response: 'result' }],
  ['state', { isWritten: true, isSingle: true, response: 'detail' }],
  ['iss', { response: 'detail' }],
  ['error', { response: 'result' }],
  ['error_code', { response: 'result' }],
  ['error_description', { response: 'detail' }],
  ['error_message', { response: 'known' }],
  ['error_uri', { response: 'detail' }],
  ['access_token', { response: 'result' }],
  ['token', { response: 'result' }],
  ['token_type', { response: 'detail' }],
  ['expires_in', { response: 'detail' }],
  ['expires', { response: 'detail' }],
  ['scope', { isWritten: true, response: 'detail' }],
  ['id_token', { response: 'result' }],
  ['refresh_token', { response: 'known' }],
  ['session_state', { response: 'known' }],
];

function namesWhere(isWanted: (places: Places) => boolean): readonly string[] {
  return table.filter(([, places]) => isWanted(places)).map(([name]) => name);
}

/** @internal What `LoginRequest` writes, and the verifier, which is never sent with it. Each has an option in camel case. */
export const writtenParameters = namesWhere(({ isWritten }) => isWritten === true);

/** @internal What an authorization URI must not have more than once. */
export const singleParameters = namesWhere(({ isSingle }) => isSingle === true);

/** @internal A response has at least one of these. */
export const resultParameters = namesWhere(({ response }) => response === 'result');

/** @internal What must not contradict itself in a response, nor be in the query of a redirect URI. */
export const checkedParameters = namesWhere(({ response }) => response === 'result' || response === 'detail');

/** @internal The names of the known parameters of a response, and the number of the others, for the trace (R33). */
export function describeParameters(params: URLSearchParams): string {
  const known = new Set(namesWhere(({ response }) => response !== undefined));
  const names = [...new Set(params.keys())];
  const others = names.filter((name) => !known.has(name)).length;
  return (
    [...names.filter((name) => known.has(name)), ...(others > 0 ? [`${others} other`] : [])].join(', ') ||
    'no parameters'
  );
}
