import { commandsWith } from './options.js';
import { wrapLines } from './output.js';
import { providers, type Provider } from './providers.js';
import { servers } from './servers.js';

type Rows = readonly (readonly [name: string, description: string])[];

const commands: Rows = [
  ['login', 'signs in and prints the token, or saves it with --save'],
  ['token', 'prints a valid access token; refreshes it, or asks the user to sign in, if needed'],
  ['status', 'who is signed in, with which scopes, until when; without a secret'],
  ['logout', 'revokes the saved tokens and deletes them'],
  ['demo', 'a sign-in at a server on this machine, to see what it looks like'],
  ['providers', 'known providers and servers, and the redirect URI to register'],
];

const sections: readonly (readonly [title: string, rows: Rows])[] = [
  ['Commands:', commands],
  [
    'The app and its provider (--provider, --issuer or --authorize-uri is needed):',
    [
      ['--client-id <id>', 'the client id that the provider gave your app'],
      ['--provider <name>', Object.keys(providers).join(', ')],
      [
        '--issuer <uri>',
        'the issuer: its endpoints are looked up (OpenID Connect Discovery, RFC 8414). Together with --provider or --authorize-uri: accept only responses that have this "iss" (RFC 9207)',
      ],
      ['--authorize-uri <uri>', 'the authorization endpoint'],
      ['--token-uri <uri>', 'the token endpoint: the code is exchanged there'],
      ['--revoke-uri <uri>', 'the revocation endpoint (RFC 7009)'],
      ['--account <name>', 'one of several accounts whose tokens are saved'],
    ],
  ],
  [
    'The request:',
    [
      ['--scope <scope>', 'may be repeated, or contain several with spaces'],
      ['--resource <uri>', 'the API that the token is for (RFC 8707)'],
      ['--param <name=value>', 'a further parameter; may be repeated, also with one name'],
      [
        '--flow <flow>',
        'login only: code (with PKCE) or implicit; default: code, or what the provider offers to an app without a secret',
      ],
      ['--no-exchange', 'login only: print the code and its verifier; do not exchange it'],
      [
        '--redirect-uri <uri>',
        "as registered with the provider; default: the provider's usual one, or http://127.0.0.1:5543/callback",
      ],
      [
        '--port <port>',
        'another port than that of the redirect URI; 0 is any free one; may be repeated to name alternatives',
      ],
      [
        '--public-uri <uri>',
        'the redirect URI if the browser uses another address than this machine: a tunnel, a forwarded port',
      ],
      ['--host <address>', "the address to listen on if it is not the redirect URI's, such as 0.0.0.0 in a container"],
    ],
  ],
  [
    'Signing in on another device (RFC 8628), without a redirect URI:',
    [
      ['--device', 'show a code to enter in a browser on any device'],
      ['--device-uri <uri>', 'the device authorization endpoint, if neither --provider nor --issuer has it'],
    ],
  ],
  [
    'Running:',
    [
      ['--save', 'login only: save the tokens for the other commands'],
      ['--sign-in', 'token only: ask the user to sign in also if no terminal is there'],
      ['--no-sign-in', 'token only: never ask the user; exit with 4 instead'],
      ['--no-browser', 'open no browser; print the address'],
      [
        '--timeout <time>',
        'how long to wait for the user: seconds, or 90s, 5m, 1h; default: 5m (--device: 30m, or as long as the code is valid)',
      ],
      ['--show', 'login only: print secrets to a terminal, too'],
      ['--json', 'print JSON: with the wire names of OAuth 2.0 (login), with the expiry (token)'],
      ['-h, --help', 'this text'],
      ['-v, --version', 'the version'],
    ],
  ],
  [
    'Environment:',
    [
      [
        'EMBED_AUTH_CLIENT_SECRET',
        "the app's client secret, if it has one (not an option, because other users can read arguments)",
      ],
      ['NODE_USE_ENV_PROXY', '1: use HTTPS_PROXY, HTTP_PROXY and NO_PROXY (Node 22.21, or 24 and later)'],
      ['NODE_EXTRA_CA_CERTS', 'a PEM file with further certificate authorities'],
      ['BROWSER', 'the program that opens the browser; none: open none'],
      ['NO_COLOR', 'print no colours'],
      ['NODE_DEBUG', 'embed-auth-server: trace each step, without secrets'],
    ],
  ],
  [
    'Exit status:',
    [
      ['0', 'done; for login and token: the token was printed or saved, or the code with --no-exchange'],
      ['1', 'failed, or the result could not be printed; status: no user is signed in'],
      ['2', 'the command line was wrong'],
      ['3', 'the user or the provider denied the access'],
      ['4', 'token: no user is signed in, and none could be asked'],
      ['124', 'not signed in before the --timeout, or before the code expired'],
      ['130', 'ended by Ctrl-C (129 hangup, 143 terminated)'],
    ],
  ],
];

const usage = [
  'Usage: embed-auth-server login --client-id <id> [options]',
  '       embed-auth-server token|status|logout --client-id <id> [options]',
  '       embed-auth-server demo|providers',
];
const introduction =
  'Signs in with OAuth 2.0 and prints the token: to a terminal a summary without secrets; to a pipe or a file the access token alone, or JSON with --json. Everything else that it prints goes to stderr.';
const examples = [
  'TOKEN=$(npx embed-auth-server token --provider spotify --client-id <id>)',
  'npx embed-auth-server login --issuer https://accounts.example.com \\\n    --client-id <id> --scope openid --json | jq .',
  'npx embed-auth-server login --provider github --client-id <id> --device',
];

/** The text of `--help`, for a terminal of that many columns. */
export function helpText(columns = 80): string {
  return join([usage.join('\n'), wrapLines(introduction, columns), ...tables(sections, columns), listed(examples)]);
}

/** The text without a command: how to call it, and the commands. */
export function shortHelp(columns = 80): string {
  const more = wrapLines('`embed-auth-server help COMMAND` lists the options of one, --help everything.', columns);
  return join([usage.join('\n'), ...tables([['Commands:', commands]], columns), more]);
}

/** The text of `help COMMAND`: its usage, its options and its examples. Undefined if there is no such command. */
export function commandHelp(command: string, columns = 80): string | undefined {
  const description = commands.find(([name]) => name === command)?.[1];
  if (description === undefined) return undefined;
  const own = sections.map(([title, rows]) => [title, rows.filter(([name]) => isOptionOf(command, name))] as const);
  const options = tables(
    own.filter(([, rows]) => rows.length > 0),
    columns,
  );
  const call = `Usage: embed-auth-server ${command}${options.length > 0 ? ' --client-id <id> [options]' : ''}`;
  const calls = examples.filter((example) => example.includes(`embed-auth-server ${command} `));
  return join([call, wrapLines(description, columns), ...options, ...(calls.length > 0 ? [listed(calls)] : [])]);
}

function isOptionOf(command: string, name: string): boolean {
  const [, option = ''] = /^--([\w-]+)/.exec(name) ?? [];
  return commandsWith(option).some((one) => one === command);
}

function listed(calls: readonly string[]): string {
  return ['Examples:', ...calls.map((call) => `  ${call}`)].join('\n');
}

function tables(parts: typeof sections, columns: number): string[] {
  return parts.map(([title, rows]) => [wrapLines(title, columns), table(rows, columns)].join('\n'));
}

function join(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}

/** Two columns, or one below the other if there is no room for both. */
function table(rows: Rows, columns: number): string {
  const longest = Math.max(...rows.map(([name]) => name.length));
  const indent = columns < longest + 34 ? 6 : longest + 4;
  return rows
    .map(([name, description]) => {
      const text = wrapLines(description, columns, indent);
      return indent === 6 ? `  ${name}\n      ${text}` : `  ${name.padEnd(longest)}  ${text}`;
    })
    .join('\n');
}

/** The text of `providers`. */
export function providerTable(columns = 80): string {
  const all: (readonly [string, Provider])[] = Object.entries(providers);
  const indent = 11;
  const pad = `\n${' '.repeat(indent)}`;
  const known = all.map(([id, { name, flows, deviceAuthorizationEndpoint, redirectUri, redirectHint }]) =>
    [
      `${id.padEnd(indent)}${name}: ${[...flows, ...(deviceAuthorizationEndpoint === undefined ? [] : ['device'])].join(', ')}`,
      redirectUri,
      wrapLines(redirectHint, columns - 1, indent),
    ].join(pad),
  );
  const run = servers.map(({ name, version, facts }) =>
    [`${name} ${version}`, ...facts.map((fact) => `  ${wrapLines(fact, columns - 1, 2)}`)].join('\n'),
  );
  return `${[
    ...known,
    wrapLines('The first flow and the redirect URI are the defaults. device means --device.', columns),
    wrapLines('Servers that were run, which need --issuer only (no setting for what is said here):', columns),
    ...run,
  ].join('\n\n')}\n`;
}
