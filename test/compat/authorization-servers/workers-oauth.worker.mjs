// The Worker of workers-oauth.mjs: authorization server and MCP server in one, as OAuthProvider makes them.
import { AuthorizationError, OAuthProvider } from '@cloudflare/workers-oauth-provider';
import { mcpHandler } from './mcp-endpoint.mjs';

let decision = 'allow';

const apiHandler = {
  fetch(request, _env, { props, auth }) {
    const authInfo = { token: '', clientId: auth?.clientId ?? '', scopes: auth?.scope ?? [], extra: props };
    return mcpHandler.fetch(request, { authInfo });
  },
};

const defaultHandler = {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/test/decision') {
      decision = searchParams.get('is') ?? 'allow';
      return new Response(null, { status: 204 });
    }
    if (pathname !== '/authorize') return new Response('Not found', { status: 404 });
    try {
      const parsed = await env.OAUTH_PROVIDER.parseAuthRequest(request);
      if (decision === 'deny') {
        const { headers, handle } = await env.OAUTH_PROVIDER.beginConsent(parsed);
        const cookie = headers.getSetCookie()[0].split(';')[0];
        const denied = await env.OAUTH_PROVIDER.denyConsent(new Request(request.url, { headers: { cookie } }), handle);
        return new Response(null, { status: 302, headers: denied.headers });
      }
      const { redirectTo } = await env.OAUTH_PROVIDER.completeAuthorization({
        request: parsed,
        userId: 'ada',
        metadata: {},
        scope: parsed.scope,
        props: { sub: 'ada' },
      });
      return Response.redirect(redirectTo, 302);
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      if (error.redirectTo) return Response.redirect(error.redirectTo, 302);
      return new Response(error.description, { status: 400 });
    }
  },
};

export default {
  async fetch(request, env, context) {
    const { origin } = new URL(request.url);
    const provider = new OAuthProvider({
      apiRoute: '/mcp',
      apiHandler,
      defaultHandler,
      authorizeEndpoint: '/authorize',
      tokenEndpoint: '/oauth/token',
      clientRegistrationEndpoint: '/oauth/register',
      scopesSupported: ['mcp:read', 'offline_access'],
      resourceMetadata: { resource: `${origin}/mcp`, authorization_servers: [origin] },
    });
    const response = await provider.fetch(request, env, context);
    const { method, url, headers } = request;
    const authorization = headers.get('authorization') ?? undefined;
    console.log(JSON.stringify({ method, url: url.slice(origin.length), status: response.status, authorization }));
    return response;
  },
};
