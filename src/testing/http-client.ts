import * as http from 'node:http';
import * as https from 'node:https';

/** A request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly uri: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** A whole response. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Deno sends requests to loopback through HTTP_PROXY, too, also with `agent: false`; Node does with NODE_USE_ENV_PROXY. An
 * empty `proxyEnv` says that no proxy is used: an option of Node 24, which @types/node 20 does not know.
 */
const withoutProxy = { proxyEnv: {} } as http.AgentOptions;
const agents = {
  http: new http.Agent(withoutProxy),
  // A loopback certificate is self-signed; no other host is ever asked.
  https: new https.Agent({ ...withoutProxy, rejectUnauthorized: false }),
};

/** Whether a URI leads to this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(?:127(?:\.\d+){3}|\[::1\]|(?:.+\.)?localhost)$/.test(hostname);
}

/**
 * Sends one request and reads the whole response. It does not use `fetch`, which sends `Sec-Fetch-Mode: cors` even for a
 * navigation, and which tests often replace.
 */
export function send({ method, uri, headers, body }: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> {
  const [start, agent] = uri.protocol === 'https:' ? [https.request, agents.https] : [http.request, agents.http];
  return new Promise((resolve, reject) => {
    const request = start(uri, { method, headers, agent, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

interface Cookie {
  readonly value: string;
  /** In lower case; undefined if the server did not say. */
  readonly sameSite: string | undefined;
}

/** The cookies of each host. Ports, paths and most attributes are ignored: a test has one app. */
export class CookieJar {
  readonly #hosts = new Map<string, Map<string, Cookie>>();

  store({ hostname }: URL, headers: http.IncomingHttpHeaders): void {
    const cookies = this.#hosts.get(hostname) ?? new Map<string, Cookie>();
    this.#hosts.set(hostname, cookies);
    for (const line of headers['set-cookie'] ?? []) {
      const [pair = '', ...attributes] = line.split(';');
      const name = pair.slice(0, pair.indexOf('=')).trim();
      if (attributes.some(isOver)) cookies.delete(name);
      else cookies.set(name, { value: pair.slice(pair.indexOf('=') + 1).trim(), sameSite: sameSiteOf(attributes) });
    }
  }

  /** @param crossSite - the method, if the page that began the request is of another site: `SameSite` then counts */
  header({ hostname }: URL, crossSite?: 'GET' | 'POST'): Record<string, string> {
    const withheld = crossSite === undefined ? [] : crossSite === 'GET' ? ['strict'] : ['strict', 'lax'];
    const cookies = [...(this.#hosts.get(hostname) ?? [])].filter(
      ([, { sameSite = '' }]) => !withheld.includes(sameSite),
    );
    return cookies.length === 0 ? {} : { Cookie: cookies.map(([name, { value }]) => `${name}=${value}`).join('; ') };
  }
}

function sameSiteOf(attributes: readonly string[]): string | undefined {
  const [found] = attributes.map((text) => /^\s*samesite\s*=\s*(\w+)\s*$/i.exec(text)?.[1]).filter(Boolean);
  return found?.toLowerCase();
}

function isOver(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=').map((text) => text.trim());
  if (/^max-age$/i.test(name)) return Number(value) <= 0;
  return /^expires$/i.test(name) && Date.parse(value) <= Date.now();
}
