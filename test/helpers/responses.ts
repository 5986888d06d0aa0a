import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { parseCallbackUri, type ParseCallbackUriOptions } from '#src/oauth/callback-uri.js';
import { AuthorizationError } from '#src/errors.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse } from '#src/oauth/grant-response.js';

export function refused(uri: string | URL, options?: ParseCallbackUriOptions): AuthorizationError {
  try {
    parseCallbackUri(uri, options);
  } catch (error) {
    if (error instanceof AuthorizationError) return error;
    throw error;
  }
  throw new Error('The callback was taken');
}

export function implicit(uri: string | URL, options?: ParseCallbackUriOptions): ImplicitGrantResponse {
  const response = parseCallbackUri(uri, options);
  if (response instanceof ImplicitGrantResponse) return response;
  throw new Error('This is not an implicit grant');
}

export function code(uri: string | URL, options?: ParseCallbackUriOptions): AuthorizationCodeResponse {
  const response = parseCallbackUri(uri, options);
  if (response instanceof AuthorizationCodeResponse) return response;
  throw new Error('This is not an authorization code');
}

/** Everything that somebody could see who logs or inspects the value. */
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
  console.error('%s %o %O', value, value, value);
  console.log({ deep: [{ value }] });
  return text + inspect(value, { depth: null, showHidden: true }) + inspect([value]);
}
