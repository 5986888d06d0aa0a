import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import Provider from 'oidc-provider';
import { attributeOf, elementsOf, parseHtml } from '../helpers/html.js';

const clients = [
  { client_id: 'public', token_endpoint_auth_method: 'none' },
  { client_id: 'basic', client_secret: 'client-secret', token_endpoint_auth_method: 'client_secret_basic' },
  { client_id: 'post', client_secret: 'client-secret', token_endpoint_auth_method: 'client_secret_post' },
] as const;

/** A certified OpenID provider on loopback, with the device authorization grant. */
export function useOidcServer(methods: readonly string[] = ['none', 'client_secret_basic', 'client_secret_post']): {
  readonly issuer: string;
} {
  let server: Server;
  let issuer = '';
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { warn, info } = console;
    try {
      console.warn = console.info = () => undefined; // It warns that its keys and pages are for development.
      const provider = new Provider(issuer, {
        clients: clients
          .filter((client) => methods.includes(client.token_endpoint_auth_method))
          .map((client) => ({
            ...client,
            application_type: 'native',
            redirect_uris: ['http://127.0.0.1/callback'],
            response_types: ['code'],
            grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
          })),
        clientAuthMethods: [...methods] as never, // Its type is a union of literals.
        features: { deviceFlow: { enabled: true }, registration: { enabled: true } },
        cookies: { keys: ['test only'] },
        findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
        pkce: { required: () => false },
        ttl: {
          AccessToken: 3600,
          AuthorizationCode: 60,
          DeviceCode: 600,
          Grant: 3600,
          IdToken: 3600,
          Interaction: 3600,
          Session: 3600,
        },
      });
      server.on('request', provider.callback());
    } finally {
      Object.assign(console, { warn, info });
    }
  });
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return {
    get issuer() {
      return issuer;
    },
  };
}

/** A user with a browser without scripts: fills every form of the provider in, until there is none. */
export async function signInWithForms(start: string, values: Readonly<Record<string, string>> = {}): Promise<string> {
  const cookies = new Map<string, string>();
  const request = async (uri: string, body?: URLSearchParams): Promise<{ uri: string; html: string }> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(uri, {
      headers: { cookie },
      redirect: 'manual',
      ...(body && { method: 'POST', body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    return location === null ? { uri, html: await response.text() } : await request(new URL(location, uri).href);
  };
  let page = await request(start);
  for (let step = 0; step < 6; step++) {
    const elements = elementsOf(parseHtml(page.html));
    const form = elements.find(({ nodeName }) => nodeName === 'form');
    if (form === undefined) return page.html;
    const fields: Readonly<Record<string, string>> = { login: 'ada', password: 'any', ...values };
    const inputs = elementsOf(form).filter(({ nodeName }) => nodeName === 'input');
    const entries = inputs.map((input): [string, string] => {
      const name = attributeOf(input, 'name') ?? '';
      return [name, attributeOf(input, 'value') ?? fields[name] ?? ''];
    });
    // The button that denies is outside of the form.
    const isDenied = values['abort'] !== undefined && page.html.includes('name="abort"');
    if (isDenied) entries.push(['abort', 'yes']);
    page = await request(new URL(attributeOf(form, 'action') ?? '', page.uri).href, new URLSearchParams(entries));
    if (isDenied) return page.html;
  }
  throw new Error('The provider asks for more and more');
}
