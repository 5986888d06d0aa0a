// The least that an app can do before it asks for a browser: listen, and start the program in BROWSER.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end());
server.listen(0, '127.0.0.1', () => {
  const redirectUri = encodeURIComponent(`http://127.0.0.1:${server.address().port}/callback`);
  const uri = `https://as.example/authorize?client_id=a-client&response_type=code&redirect_uri=${redirectUri}`;
  spawn(process.env.BROWSER, [uri], { stdio: 'ignore', detached: true }).unref();
});
