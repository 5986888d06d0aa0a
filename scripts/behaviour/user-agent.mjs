// A browser without pages: it follows redirects, keeps cookies, and stops at the app or at the first page.
import http from 'node:http';

/** @returns {Promise<{ kind: 'app', uri: URL } | { kind: 'page', status: number, text: string }>} */
export async function browse(uri, redirectUri) {
  const jar = new Map();
  let at = new URL(uri);
  for (let step = 0; step < 15; step += 1) {
    const response = await get(at, [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    for (const line of response.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const { location } = response.headers;
    if (location === undefined) return { kind: 'page', status: response.status, text: response.text };
    at = new URL(location, at);
    if (at.href.startsWith(redirectUri)) return { kind: 'app', uri: at };
  }
  throw new Error('More than 15 redirects.');
}

function get(uri, cookie) {
  return new Promise((resolve, reject) => {
    const headers = { cookie, 'sec-fetch-mode': 'navigate', accept: 'text/html' };
    http
      .get(uri, { headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, text });
        });
      })
      .on('error', reject);
  });
}
