import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { answerAuthorizationRequest, errorParams, type Decision } from './authorization-endpoint.js';
import { consentPage, formPostPage, refusalPage } from './authorization-pages.js';
import type { CheckedBehavior, Registration } from './authorization-server-options.js';
import type { RecordedRequest, TestEndpoint } from './recorded-request.js';
import { TokenIssuer, TokenRequestError } from './token-issuer.js';

const bodyLimit = 65_536;
const endpoints: Readonly<Record<string, TestEndpoint>> = {
  '/authorize': 'authorization',
  '/token': 'token',
  '/profile': 'profile',
  '/.well-known/oauth-authorization-server': 'metadata',
  '/.well-known/openid-configuration': 'metadata',
};

/** The endpoints of the test authorization server on HTTP. */
export class Endpoints {
  readonly tokens: TokenIssuer;
  behavior: CheckedBehavior;
  issuer = '';
  readonly #registration: Registration;
  readonly #record: (request: RecordedRequest) => void;

  constructor(registration: Registration, behavior: CheckedBehavior, record: (request: RecordedRequest) => void) {
    this.#registration = registration;
    this.behavior = behavior;
    this.#record = record;
    this.tokens = new TokenIssuer(registration, () => this.behavior);
  }

  uriOf(endpoint: TestEndpoint): URL {
    return new URL(Object.keys(endpoints).find((path) => endpoints[path] === endpoint) ?? '/', this.issuer);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '';
    if (!target.startsWith('/') || !URL.canParse(this.issuer + target)) {
      sendJson(response, 400, { error: 'invalid_request' });
      return;
    }
    const uri = new URL(this.issuer + target);
    const endpoint = endpoints[uri.pathname] ?? 'other';
    const { method = '', headers } = request;
    const isPost = method === 'POST';
    const body = await readBody(request);
    const params = endpoint === 'token' && isPost ? new URLSearchParams(body) : uri.searchParams;
    this.#record({ endpoint, method, uri, headers, params });
    if (body === undefined) sendJson(response, 413, { error: 'invalid_request' });
    else if (endpoint === 'authorization' && (isPost || method === 'GET')) {
      this.#authorize(uri, isPost ? new URLSearchParams(body).get('decision') : null, response);
    } else if (endpoint === 'token' && isPost) this.#issue(params, headers, response);
    else if (endpoint === 'profile' && method === 'GET') this.#showProfile(headers.authorization, response);
    else if (endpoint === 'metadata' && method === 'GET') sendJson(response, 200, this.#metadata());
    else if (endpoint === 'other') sendJson(response, 404, { error: 'not_found' });
    else sendJson(response, 405, { error: 'invalid_request' });
  }

  #authorize(uri: URL, decision: string | null, response: ServerResponse): void {
    const decided: Decision | undefined = decision === 'allow' || decision === 'deny' ? decision : undefined;
    const answer = answerAuthorizationRequest(uri.searchParams, decided, {
      issuer: this.issuer,
      registration: this.#registration,
      behavior: this.behavior,
      tokens: this.tokens,
    });
    switch (answer.kind) {
      case 'refusal':
        sendHtml(response, 400, refusalPage(answer.problem));
        break;
      case 'consent':
        sendHtml(response, 200, consentPage(uri.pathname + uri.search, answer.clientId, answer.scope));
        break;
      case 'form_post':
        sendHtml(response, 200, formPostPage(answer.action, answer.params));
        break;
      case 'redirect':
        response.writeHead(303, { Location: answer.uri, 'Cache-Control': 'no-store' }).end();
    }
  }

  #issue(params: URLSearchParams, headers: IncomingHttpHeaders, response: ServerResponse): void {
    try {
      if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
        throw new TokenRequestError({
          error: 'invalid_request',
          errorDescription: 'The body must be application/x-www-form-urlencoded.',
        });
      }
      sendJson(response, 200, this.tokens.answer(params, headers.authorization));
    } catch (error) {
      if (!(error instanceof TokenRequestError)) throw error;
      sendJson(response, error.status, errorParams(error.response));
    }
  }

  #showProfile(authorization: string | undefined, response: ServerResponse): void {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined && this.tokens.isValid(token)) {
      sendJson(response, 200, this.behavior.profile);
    } else {
      // RFC 6750, section 3.1: without a token there is no error code.
      response.setHeader('WWW-Authenticate', token === undefined ? 'Bearer' : 'Bearer error="invalid_token"');
      sendJson(response, 401, token === undefined ? {} : { error: 'invalid_token' });
    }
  }

  #metadata(): Readonly<Record<string, unknown>> {
    const { clientSecret } = this.#registration;
    return {
      issuer: this.issuer,
      authorization_endpoint: this.uriOf('authorization').href,
      token_endpoint: this.uriOf('token').href,
      userinfo_endpoint: this.uriOf('profile').href,
      response_types_supported: ['code', 'token'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      grant_types_supported: ['authorization_code', 'implicit', 'refresh_token'],
      token_endpoint_auth_methods_supported:
        clientSecret === undefined ? ['none'] : ['client_secret_basic', 'client_secret_post'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: this.behavior.responseParams['iss'] !== null,
    };
  }
}

/** The body as text; undefined where it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyLimit) chunks.push(chunk);
  }
  return size > bodyLimit ? undefined : Buffer.concat(chunks).toString();
}

function sendJson(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

function sendHtml(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(html);
}
