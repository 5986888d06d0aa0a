import type { Request } from 'express';
import oauth2orize, {
  type ExchangeDoneFunction,
  type IssueGrantCodeDoneFunction,
  type OAuth2Req,
  type OAuth2Server,
} from 'oauth2orize';
import type { User } from './accounts.js';
import { extraParamsOf, paramOf, type ExtraParams } from './authorization-request.js';
import type { ResponseModes } from './authorization-response.js';
import { resolveRedirectUri, type Client } from './clients.js';
import type { IssuedTokens, TokenStore } from './token-store.js';

/** What oauth2orize makes of a request, with what `extraParamsOf` adds. */
type TransactionRequest = OAuth2Req & ExtraParams;

// @types/oauth2orize does not know that grant() takes the parsers of requests, too.
interface RequestParsing {
  grant(type: '*', phase: 'request', parse: (req: Request) => ExtraParams): void;
}

/** Teaches oauth2orize the two grants and the two exchanges. */
export function createOAuth2Server(
  clients: ReadonlyMap<string, Client>,
  store: TokenStore,
  modes: ResponseModes,
): OAuth2Server<Client, User> {
  const server = oauth2orize.createServer<Client, User>();
  server.serializeClient((client, done) => {
    done(null, client.id);
  });
  server.deserializeClient((id: string, done) => {
    done(null, clients.get(id) ?? false);
  });

  // oauth2orize looks at how many parameters these functions have: none may be left out or get a default.
  (server as unknown as RequestParsing).grant('*', 'request', (req) => extraParamsOf(req));
  server.grant(
    oauth2orize.grant.token<Client, User>({ modes }, (client, user, _res, req: TransactionRequest, issued) => {
      const scope = scopeOf(req.scope);
      const accessToken = store.issueAccessToken({ clientId: client.id, user, scope });
      issued(null, accessToken, { expires_in: store.accessTokenLifetime, scope: scope.join(' ') });
    }),
  );
  server.grant(
    oauth2orize.grant.code<Client, User>(
      { modes },
      (client, _redirectUri, user, _res, req: TransactionRequest, issued: IssueGrantCodeDoneFunction) => {
        const { codeChallenge } = req;
        // checkAuthorizationRequest lets no request through without one.
        if (codeChallenge === undefined) throw new TypeError('The transaction has no code challenge');
        const grant = { clientId: client.id, user, scope: scopeOf(req.scope) };
        // An empty one counts as left out, there and at the token endpoint.
        const redirectUri = req.redirectURI || undefined;
        issued(null, store.issueCode(grant, { redirectUri, codeChallenge }));
      },
    ),
  );
  server.exchange(
    oauth2orize.exchange.authorizationCode<Client, User>(
      (client, code, _redirectUri, body, issued: ExchangeDoneFunction) => {
        const redemption = {
          clientId: client.id,
          redirectUri: paramOf(body, 'redirect_uri'),
          codeVerifier: paramOf(body, 'code_verifier'),
        };
        answer(store.redeemCode(code, redemption), store, issued);
      },
    ),
  );
  server.exchange(
    oauth2orize.exchange.refreshToken<Client, User>(
      (client, refreshToken, scope: string[] | undefined, issued: ExchangeDoneFunction) => {
        answer(store.refresh(refreshToken, client.id, scope && scopeOf(scope)), store, issued);
      },
    ),
  );
  return server;
}

/** Judges once more what `checkAuthorizationRequest` let through, for that is where oauth2orize takes it from. */
export function validateClient(
  clients: ReadonlyMap<string, Client>,
): (clientId: string, redirectUri: string, done: (error: Error | null, client?: Client, uri?: string) => void) => void {
  return (clientId, redirectUri, done) => {
    const client = clients.get(clientId);
    done(null, client, client && resolveRedirectUri(client, redirectUri || undefined));
  };
}

/** oauth2orize has an array only where there was something to split. */
export function scopeOf(scope: readonly string[] | undefined): readonly string[] {
  return [...new Set(scope)].filter((name) => name !== '');
}

function answer(tokens: IssuedTokens, store: TokenStore, issued: ExchangeDoneFunction): void {
  const params = { expires_in: store.accessTokenLifetime, scope: tokens.scope.join(' ') };
  issued(null, tokens.accessToken, tokens.refreshToken, params);
}
