// What everything is compared with: the least on node:http that could work. It checks nothing.
import { createServer } from 'node:http';

const done = '<!doctype html><title>Signed in</title><p>You can close this window.';
const forward = `<!doctype html><title>Signing in</title><p>Signing in
<script>
fetch('/token', { method: 'POST', body: location.hash.slice(1) }).then(() => {
  document.querySelector('p').textContent = 'You can close this window.';
});
</script>`;

/**
 * Listens on any free port of 127.0.0.1.
 *
 * @param {(params: URLSearchParams) => void} onResult - called with the code, or with the token that the page forwarded
 * @param {Record<string, string>} [headers] - further headers of the page
 * @returns {Promise<import('node:http').Server>} the server
 */
export function listen(onResult, headers) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    if (pathname === '/token') {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        response.end();
        onResult(new globalThis.URLSearchParams(body));
      });
    } else if (pathname !== '/callback') {
      response.writeHead(404).end();
    } else {
      response.setHeader('Content-Type', 'text/html');
      for (const name in headers) response.setHeader(name, headers[name]);
      response.end(searchParams.has('code') ? done : forward);
      if (searchParams.has('code')) onResult(searchParams);
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
