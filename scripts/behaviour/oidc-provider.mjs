// oidc-provider with registration, whose interaction pages decide by themselves. A port as argument; otherwise a free one.
import Provider from 'oidc-provider';
import { listen, start, user } from '../../test/compat/authorization-servers/process.mjs';

const { server, origin } = await listen();
const clients = [];
if (process.argv[2] !== undefined) {
  // The confidential client of the proxy that fastmcp.mjs starts.
  clients.push({ client_id: 'proxy', client_secret: 'secret', redirect_uris: [`${process.argv[2]}/oauth/callback`] });
}
const provider = new Provider(origin, {
  clients,
  cookies: { keys: ['test only'] },
  features: { devInteractions: { enabled: false }, registration: { enabled: true }, revocation: { enabled: true } },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
});
const callback = provider.callback();

async function interact(request, response) {
  const { params, prompt, session, grantId } = await provider.interactionDetails(request, response);
  if (user.decision === 'deny') {
    const denial = { error: 'access_denied', error_description: 'The user denied the request.' };
    await provider.interactionFinished(request, response, denial);
  } else if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: 'ada' } });
  } else {
    const accountId = session.accountId;
    const grant = (await provider.Grant.find(grantId)) ?? new provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  }
}

start(
  server,
  (request, response) => {
    if (request.url.startsWith('/interaction/')) void interact(request, response);
    else callback(request, response);
  },
  { issuer: origin, mcpServer: '' },
);
