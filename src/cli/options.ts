/** The commands that have a provider and a client. */
export type CommandName = 'login' | 'token' | 'status' | 'logout';

/** Whose tokens: these options name the client and, if there are several, the account. */
const client = {
  'client-id': { type: 'string' },
  provider: { type: 'string' },
  issuer: { type: 'string' },
  'authorize-uri': { type: 'string' },
  'token-uri': { type: 'string' },
  'device-uri': { type: 'string' },
  'revoke-uri': { type: 'string' },
  resource: { type: 'string', multiple: true },
  account: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** How the user signs in. */
const signIn = {
  device: { type: 'boolean' },
  scope: { type: 'string', multiple: true },
  param: { type: 'string', multiple: true },
  'redirect-uri': { type: 'string' },
  'public-uri': { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string', multiple: true },
  'no-browser': { type: 'boolean' },
  timeout: { type: 'string' },
} as const;

const login = {
  flow: { type: 'string' },
  'no-exchange': { type: 'boolean' },
  save: { type: 'boolean' },
  show: { type: 'boolean' },
} as const;

const token = { 'sign-in': { type: 'boolean' }, 'no-sign-in': { type: 'boolean' } } as const;

/** Every option of the commands, as `parseArgs` takes them. */
export const loginOptions = { ...client, ...signIn, ...login, ...token } as const;

/** The options of one command. */
export function commandOptions(command: CommandName): typeof loginOptions {
  const options = {
    login: { ...client, ...signIn, ...login },
    token: { ...client, ...signIn, ...token },
    // The same command line as for `token` names the same tokens.
    status: { ...client, ...signIn },
    logout: { ...client, ...signIn },
  }[command];
  return options as typeof loginOptions; // What a command does not have is never there.
}

/** The commands that have an option. */
export function commandsWith(option: string): readonly CommandName[] {
  const commands = ['login', 'token', 'status', 'logout'] as const;
  return commands.filter((command) => Object.hasOwn(commandOptions(command), option));
}
