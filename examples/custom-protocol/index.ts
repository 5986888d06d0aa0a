// A desktop program with a protocol of its own: the provider redirects to embed-auth-demo://callback, and the system starts
// this program a second time, with the URI. The second process hands it to the first, and ends.
//
// npx tsx examples/custom-protocol/index.ts               authorization code with PKCE
// npx tsx examples/custom-protocol/index.ts --implicit    the token comes in the fragment
// npx tsx examples/custom-protocol/index.ts --unregister  takes the registration back
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ProtocolError } from './errors.js';
import { handOver } from './hand-over.js';
import { registerProtocol, unregisterProtocol } from './register-protocol.js';

// Everything above is light: the second process loads no more than this.
// An app that is published takes a name that belongs to it: com.example.app (RFC 8252, section 7.1).
const scheme = 'embed-auth-demo';
const { values, positionals } = parseArgs({
  options: { implicit: { type: 'boolean', default: false }, unregister: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [uri] = positionals;

try {
  if (values.unregister) {
    await unregisterProtocol(scheme);
  } else if (uri !== undefined) {
    await handOver(uri);
  } else {
    // The program itself, as it was started: an app that is installed gives the path of its executable here.
    await registerProtocol(scheme, [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)]);
    const { signIn } = await import('./sign-in.js');
    await signIn(`${scheme}://callback`, values.implicit ? 'token' : 'code');
  }
} catch (error) {
  if (!(error instanceof ProtocolError)) throw error;
  // A program that has windows shows it in one: whoever is started by the system has no terminal.
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
