import { providers, type Provider } from './providers.js';
import { wrap } from './terminal.js';

/** The text of `--help`. */
export const help = `Usage: embed-auth-server login --client-id <id> [options]
       embed-auth-server providers

Signs in with OAuth 2.0 and prints the token: to a terminal a summary without
secrets; to a pipe or a file the access token alone, or JSON with --json.
Everything else that it prints goes to stderr.

The app and its provider (--provider, --issuer or --authorize-uri is needed):
  --client-id <id>        the client id that the provider gave your app
  --provider <name>       ${wrap(Object.keys(providers).join(', '), 79, 26)}
  --issuer <uri>          the issuer: its endpoints are looked up (RFC 8414,
                          OpenID Connect Discovery). Together with --provider
                          or --authorize-uri: accept only responses that have
                          this "iss" (RFC 9207)
  --authorize-uri <uri>   the authorization endpoint
  --token-uri <uri>       the token endpoint: exchange the code there
  --no-exchange           print the code and its verifier; do not exchange it

The request:
  --scope <scope>         may be repeated, or contain several with spaces
  --flow <flow>           code (with PKCE) or implicit; default: code, or what
                          the provider offers to an app without a secret
  --param <name=value>    a further parameter; may be repeated, also with one
                          name
  --redirect-uri <uri>    as registered with the provider; default: the
                          provider's usual one, or
                          http://127.0.0.1:5543/callback
  --port <port>           another port than that of the redirect URI; 0 is any
                          free one; may be repeated to name alternatives
  --public-uri <uri>      the redirect URI if the browser uses another address
                          than this machine: a tunnel, a forwarded port
  --host <address>        the address to listen on if it is not the redirect
                          URI's, such as 0.0.0.0 in a container

Signing in on another device (RFC 8628), without a redirect URI:
  --device                show a code to enter in a browser on any device
  --device-uri <uri>      the device authorization endpoint, if neither
                          --provider nor --issuer has it

Running:
  --no-browser            open no browser; print the address
  --timeout <seconds>     how long to wait; default: 300 (--device: 1800, or as
                          long as the code is valid)
  --show                  print secrets to a terminal, too
  --json                  print JSON with the wire names of OAuth 2.0
  -h, --help              this text
  -v, --version           the version

A code is exchanged if the token endpoint is known, and the provider accepts
PKCE alone or EMBED_AUTH_CLIENT_SECRET is set. Otherwise the output contains
what an exchange needs.

Environment:
  EMBED_AUTH_CLIENT_SECRET  the app's client secret, if it has one (not an
                            option, because other users can read arguments)
  NODE_USE_ENV_PROXY        1: use HTTPS_PROXY, HTTP_PROXY and NO_PROXY
                            (Node 22.21, or 24 and later)
  NODE_EXTRA_CA_CERTS       a PEM file with further certificate authorities
  BROWSER                   the program that opens the browser; none: open none
  NO_COLOR                  print no colours
  NODE_DEBUG                embed-auth-server: trace each step, without secrets

Exit status:
    0  signed in, and the result was printed
    1  failed, or the result could not be printed
    2  the command line was wrong
    3  the user or the provider denied the access
  124  not signed in before the --timeout, or before the code expired
  130  ended by Ctrl-C (129 hangup, 143 terminated)

Examples:
  TOKEN=$(npx embed-auth-server login --provider spotify --client-id <id>)
  npx embed-auth-server login --issuer https://accounts.example.com \\
    --client-id <id> --scope openid --json | jq .
  npx embed-auth-server login --provider github --client-id <id> --device
`;

/** The text of `providers`. */
export function providerTable(): string {
  const all: (readonly [string, Provider])[] = Object.entries(providers);
  const rows = all.map(([id, { name, flows, deviceAuthorizationEndpoint, redirectUri, redirectHint }]) =>
    [
      `${id.padEnd(11)}${name}: ${[...flows, ...(deviceAuthorizationEndpoint === undefined ? [] : ['device'])].join(', ')}`,
      redirectUri,
      wrap(redirectHint, 79, 11),
    ].join(`\n${' '.repeat(11)}`),
  );
  return `${rows.join('\n\n')}\n\nThe first flow and the redirect URI are the defaults. device means --device.\n`;
}
