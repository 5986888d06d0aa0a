import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import oauth2orize, {
  type ExchangeDoneFunction,
  type IssueGrantCodeDoneFunction,
  type MiddlewareRequest,
  type OAuth2Req,
} from 'oauth2orize';

/** A running authorization server. */
export interface Oauth2orizeServer extends AsyncDisposable {
  readonly issuer: string;
  readonly authorizationEndpoint: URL;
  readonly tokenEndpoint: URL;
  /** Returns the user of an access token as JSON. */
  readonly profileEndpoint: URL;
}

interface Client {
  readonly id: string;
}

interface User {
  readonly id: string;
  readonly display_name: string;
}

type Oauth2orizeRequest = Request & MiddlewareRequest<Client, User>;

interface Code {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string | undefined;
}

const client: Client = { id: 'demo-client' };
const user: User = { id: 'ada', display_name: 'Ada Lovelace' };
const lifetime = 3600;

/**
 * Starts an authorization server by oauth2orize, which is independent of this package: code with PKCE, implicit grant and
 * refresh tokens for the client `demo-client`. Its user, who is signed in already, is asked by a form with the buttons Allow
 * and Deny.
 */
export async function startOauth2orizeServer(): Promise<Oauth2orizeServer> {
  const app = express();
  const http = app.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const codes = new Map<string, Code>();
  const accessTokens = new Set<string>();
  const refreshTokens = new Set<string>();
  const issueAccessToken = (): string => added(accessTokens);

  // oauth2orize decides by the number of their parameters what it passes to these functions.
  const server = oauth2orize.createServer<Client, User>();
  server.serializeClient(({ id }, done) => {
    done(null, id);
  });
  server.deserializeClient((_id, done) => {
    done(null, client);
  });
  // @types/oauth2orize does not know this form of grant(): it adds parameters to the transaction.
  const extension = server as unknown as {
    grant(type: '*', phase: 'request', parse: (req: Request) => object): void;
  };
  extension.grant('*', 'request', ({ query }) => ({ codeChallenge: query['code_challenge'] }));
  server.grant(
    oauth2orize.grant.token<Client, User>((_client, _user, _res, _req, issued) => {
      issued(null, issueAccessToken(), { expires_in: lifetime });
    }),
  );
  server.grant(
    oauth2orize.grant.code<Client, User>(
      (
        { id },
        redirectUri,
        _user,
        _res,
        req: OAuth2Req & { codeChallenge?: string },
        issued: IssueGrantCodeDoneFunction,
      ) => {
        const code = randomBytes(24).toString('base64url');
        codes.set(code, { clientId: id, redirectUri, codeChallenge: req.codeChallenge });
        issued(null, code);
      },
    ),
  );
  server.exchange(
    oauth2orize.exchange.authorizationCode<Client, User>(
      ({ id }, code, redirectUri, body, issued: ExchangeDoneFunction) => {
        const found = codes.get(code);
        codes.delete(code);
        const isValid =
          found?.clientId === id &&
          found.redirectUri === redirectUri &&
          found.codeChallenge === challengeOf(String(body['code_verifier']));
        if (isValid) issued(null, issueAccessToken(), added(refreshTokens), { expires_in: lifetime });
        else issued(null, false);
      },
    ),
  );
  server.exchange(
    oauth2orize.exchange.refreshToken<Client, User>(
      (_client, refreshToken, _scope: string[], issued: ExchangeDoneFunction) => {
        if (refreshTokens.delete(refreshToken)) {
          issued(null, issueAccessToken(), added(refreshTokens), { expires_in: lifetime });
        } else issued(null, false);
      },
    ),
  );

  const form = express.urlencoded({ extended: false });
  app.use(
    ['/authorize', '/decision'],
    session({ secret: 'test', name: 'oauth2orize', resave: false, saveUninitialized: false }),
    (req: Request, _res: Response, next: NextFunction) => {
      Object.assign(req, { user });
      next();
    },
  );
  app.get(
    '/authorize',
    server.authorize(
      (clientId, redirectUri, done: (error: Error | null, client?: Client | false, uri?: string) => void) => {
        done(null, clientId === client.id && client, redirectUri);
      },
    ),
    ({ oauth2 }: Oauth2orizeRequest, res: Response) => {
      res.send(
        `<form method="post" action="/decision"><input type="hidden" name="transaction_id" value="${oauth2?.transactionID ?? ''}">` +
          '<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>',
      );
    },
    server.errorHandler({ mode: 'indirect' }),
  );
  app.post(
    '/decision',
    form,
    server.decision((req: Oauth2orizeRequest, done) => {
      done(null, { allow: (req.body as { decision?: string }).decision === 'allow' });
    }),
    server.errorHandler({ mode: 'indirect' }),
  );
  app.post(
    '/token',
    form,
    (req: Request, _res: Response, next: NextFunction) => {
      // At the token endpoint, oauth2orize's `user` is the client.
      Object.assign(req, { user: client });
      next();
    },
    server.token(),
    server.errorHandler(),
  );
  app.get('/me', ({ headers }: Request, res: Response) => {
    if (accessTokens.has(headers.authorization?.replace('Bearer ', '') ?? '')) res.json(user);
    else res.sendStatus(401);
  });

  return {
    issuer,
    authorizationEndpoint: new URL('/authorize', issuer),
    tokenEndpoint: new URL('/token', issuer),
    profileEndpoint: new URL('/me', issuer),
    async [Symbol.asyncDispose]() {
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
}

function added(tokens: Set<string>): string {
  const token = randomBytes(24).toString('base64url');
  tokens.add(token);
  return token;
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
