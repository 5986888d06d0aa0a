import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { parseCallbackUri, type ParseCallbackUriOptions } from '#src/oauth/callback-uri.js';
import { AuthorizationError } from '#src/errors.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse, type GrantResponse } from '#src/oauth/grant-response.js';

/** The checks of a test; without a `state` any response is accepted. */
export type Checks = Partial<ParseCallbackUriOptions>;

export function parse(uri: string | URL, { state, ...checks }: Checks = {}): GrantResponse {
  return parseCallbackUri(uri, state === undefined ? { ...checks, allowUnsolicited: true } : { ...checks, state });
}

export function rejected(uri: string | URL, checks?: Checks): AuthorizationError {
  try {
    parse(uri, checks);
  } catch (error) {
    if (error instanceof AuthorizationError) return error;
    throw error;
  }
  throw new Error('The response was accepted');
}

export function implicit(uri: string | URL, checks?: Checks): ImplicitGrantResponse {
  const response = parse(uri, checks);
  if (response instanceof ImplicitGrantResponse) return response;
  throw new Error('This is not an implicit grant');
}

export function code(uri: string | URL, checks?: Checks): AuthorizationCodeResponse {
  const response = parse(uri, checks);
  if (response instanceof AuthorizationCodeResponse) return response;
  throw new Error('This is not an authorization code');
}

/** Everything that logging or inspecting the value shows. */
export function printed(value: unknown): string {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const console = new Console(stream, stream);
  console.log(value);
  console.error('%s %o %O %j', value, value, value, value);
  console.log({ deep: [{ value }] });
  console.table([value]);
  for (const customInspect of [true, false]) {
    // `showHidden` and `getters` together call the accessors of the class: that is asked for.
    for (const shown of [{}, { showHidden: true }, { getters: true }]) {
      const options = { ...shown, customInspect, depth: null };
      console.dir(value, options);
      text += inspect(value, options) + inspect([value], options);
    }
  }
  return text + JSON.stringify(value) + JSON.stringify(Object.entries(Object(value) as object));
}
