// A desktop program with a custom protocol: the provider redirects to embed-auth-demo://callback, and the system starts this
// program a second time, with the URI. The second process hands the URI to the first one, and ends.
//
// npx tsx examples/custom-protocol/index.ts               authorization code with PKCE
// npx tsx examples/custom-protocol/index.ts --implicit    the token arrives in the fragment
// npx tsx examples/custom-protocol/index.ts --unregister  removes the registration
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ProtocolError } from './errors.js';
import { handOver } from './hand-over.js';
import { registerProtocol, unregisterProtocol } from './register-protocol.js';

// Nothing large is imported above, so that the second process starts quickly.
// A published app uses the name of a domain that it owns: com.example.app (RFC 8252, section 7.1).
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
    // The command that started this program. An installed app registers the path of its executable.
    await registerProtocol(scheme, [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)]);
    const { signIn } = await import('./sign-in.js');
    await signIn(`${scheme}://callback`, values.implicit ? 'token' : 'code');
  }
} catch (error) {
  if (!(error instanceof ProtocolError)) throw error;
  // An app with windows shows it in one: a process that the system started has no terminal.
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
