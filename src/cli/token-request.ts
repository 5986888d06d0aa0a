import * as oauth from 'oauth4webapi';
import type { AuthorizationCodeResponse } from '../index.js';
import { clientAuthentication, endpointOf, type AuthorizationServer } from './authorization-server.js';
import { callEndpoint, EndpointError, type Connection } from './endpoint.js';
import type { LoginArguments } from './login-arguments.js';

/** A token response as it was sent, with its wire names. */
export type TokenResponse = Readonly<Record<string, unknown>>;

/**
 * Exchanges an authorization code for tokens.
 *
 * @see [RFC 6749, section 4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3)
 */
export async function exchangeCode(
  grant: AuthorizationCodeResponse,
  server: AuthorizationServer,
  { clientId, params }: Pick<LoginArguments, 'clientId' | 'params'>,
  connection: Connection,
): Promise<TokenResponse> {
  const client = { client_id: clientId };
  const uri = endpointOf(server, 'token_endpoint');
  // Without metadata the `issuer` is a guess; login() has compared `iss` if --issuer was given.
  const issuer = server.isDiscovered ? undefined : grant.params.get('iss');
  const metadata = { ...server.metadata, ...(issuer && { issuer }) };
  const nonce = params['nonce'];
  return await callEndpoint('token endpoint', uri, connection, async (options) => {
    const response = await oauth.authorizationCodeGrantRequest(
      metadata,
      client,
      clientAuthentication(server, connection.clientSecret),
      oauth.validateAuthResponse(metadata, client, grant.params, oauth.skipStateCheck), // login() has checked it.
      grant.redirectUri,
      grant.codeVerifier ?? '', // It is there: login() uses PKCE.
      options,
    );
    return await readTokens(server, response, (checkable) =>
      oauth.processAuthorizationCodeResponse(metadata, client, checkable, {
        ...(typeof nonce === 'string' && server.isDiscovered && { expectedNonce: nonce }),
      }),
    );
  });
}

/** Checks a token response, its ID token included, and returns it as it was sent. */
export async function readTokens(
  { isDiscovered, metadata }: AuthorizationServer,
  response: Response,
  process: (checkable: Response) => Promise<unknown>,
): Promise<TokenResponse> {
  const tokens = (await response.json()) as TokenResponse; // callEndpoint() accepts JSON objects only.
  await process(Response.json(toCheckable(tokens, isDiscovered)));
  // RFC 6749, appendix A.12: a control character in a token would reach the terminal or a header.
  if (/^[\x20-\x7e]+$/.test(String(tokens['access_token']))) return tokens;
  const { host } = new URL(metadata.token_endpoint ?? metadata.issuer);
  throw new EndpointError(`The token endpoint at ${host} sent an access token with characters that are not allowed.`);
}

/** Irons out what providers do and oauth4webapi rejects, and leaves out an ID token that nothing is known to check by. */
function toCheckable(tokens: TokenResponse, isDiscovered: boolean): TokenResponse {
  const entries = Object.entries(tokens).filter(
    ([name, value]) => value !== null && (name !== 'id_token' || isDiscovered),
  );
  const { scope, ...rest } = Object.fromEntries(entries);
  return {
    ...rest,
    ...(scope !== undefined && { scope: Array.isArray(scope) ? scope.join(' ') : scope }), // Twitch sends a list.
    token_type: 'bearer', // The command prints a token of any type.
  };
}
