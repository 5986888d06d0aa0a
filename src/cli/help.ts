import { providers } from './providers.js';

const names = Object.keys(providers).join(', ');

/** What `--help` prints. */
export const help = `Usage: embed-auth-server login --client-id <id> [options]
       embed-auth-server providers

Signs in with OAuth 2.0 in the browser, and prints the grant: to a terminal a
summary without secrets, to a pipe the access token (or JSON with --json).

Who and where:
  --client-id <id>         the id that the provider gave your app
  --provider <name>        ${wrap(names, 27)}
  --authorize-uri <uri>    the authorization endpoint of any other provider
  --token-uri <uri>        its token endpoint: exchange the code there
  --no-exchange            print the code and its verifier; do not exchange it
  --issuer <uri>           accept only an answer with this "iss" (RFC 9207)

What to ask for:
  --scope <scope>          may be repeated, or hold several with spaces
  --flow <flow>            code (with PKCE) or implicit; default: code, or what
                           the provider serves an app without a secret
  --param <name=value>     one more parameter of the request; may be repeated
  --redirect-uri <uri>     as registered; default: what suits the provider, or
                           http://127.0.0.1:5543/callback
  --port <port>            another port than the redirect URI's; 0: any; may be
                           repeated, to name several that may be tried

How:
  --no-browser             open none; print the address, and ask for the answer
  --timeout <seconds>      how long to wait; default: 300
  --show                   print secrets to a terminal too
  --json                   print JSON, with the wire names of OAuth 2.0
  -h, --help               this text
  -v, --version            the version

A code is exchanged where the token endpoint is known, and the provider takes
PKCE alone or EMBED_AUTH_CLIENT_SECRET is set (a secret has no place among the
arguments, which other users can read). Else --json has what an exchange needs.

Exit status:
    0  signed in
    1  failed
    2  the command line was wrong
    3  the person or the provider denied the access
  124  nobody signed in before the --timeout
  130  ended by Ctrl-C (129 hangup, 143 terminated)

Examples:
  TOKEN=$(npx embed-auth-server login --provider spotify --client-id <id>)
  npx embed-auth-server login --provider twitch --client-id <id> \\
    --scope user:read:email --json | jq .
  npx embed-auth-server login --client-id <id> --flow implicit \\
    --authorize-uri https://accounts.example.com/authorize
`;

/** What `providers` prints. */
export function providerTable(): string {
  const rows = Object.entries(providers).map(
    ([id, { name, flows, redirectUri, redirectHint }]) =>
      `${id.padEnd(11)}${name}: ${flows.join(', ')}\n${' '.repeat(11)}${redirectUri}\n${' '.repeat(11)}${wrap(redirectHint, 11)}\n`,
  );
  return `${rows.join('\n')}\nThe flow that comes first is the default, and so is the redirect URI.\n`;
}

function wrap(text: string, indent: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && indent + line.length + word.length >= 79) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
