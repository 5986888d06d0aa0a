// The baseline with what a request needs to be safe: a random state, a code challenge, and a random path for the short address.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const random = (bytes) => randomBytes(bytes).toString('base64url');

const server = createServer((_request, response) => response.end());
server.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const uri = new URL('https://as.example/authorize?client_id=a-client&response_type=code');
  uri.searchParams.set('redirect_uri', `${origin}/callback`);
  uri.searchParams.set('state', random(32));
  uri.searchParams.set('code_challenge', createHash('sha256').update(random(75)).digest('base64url'));
  uri.searchParams.set('code_challenge_method', 'S256');
  spawn(process.env.BROWSER, [`${origin}/${random(12)}`], { stdio: 'ignore', detached: true }).unref();
});
