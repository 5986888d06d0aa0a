import { withPort } from '../oauth/redirect-uri.js';
import type { LoginArguments } from './login-arguments.js';

type Arguments = Pick<LoginArguments, 'redirectUri' | 'publicUri' | 'ports'> &
  Partial<Pick<LoginArguments, 'provider'>>;

/** The redirect URIs of a command line, as text to register. */
export function redirectUrisOf({ redirectUri, publicUri, ports }: Omit<Arguments, 'provider'>): readonly string[] {
  if (publicUri !== undefined || ports.length === 0) return [publicUri ?? redirectUri];
  return ports.map((port) => shownWithPort(redirectUri, port));
}

/** Says which redirect URI must be registered with the provider, and whether its port may vary. */
export function describeRedirectUri(options: Arguments, serverName: string): string {
  const { publicUri, ports, provider } = options;
  const uris = redirectUrisOf(options);
  const heading = uris.length === 1 ? 'Redirect URI' : 'Redirect URIs';
  return [`${heading}: ${uris.join(' ')}`, ...rules(publicUri === undefined ? ports : [], provider, serverName)].join(
    '\n',
  );
}

function rules(ports: readonly number[], provider: LoginArguments['provider'], serverName: string): readonly string[] {
  const fixed = ports.length < 2 ? 'Register exactly this URI' : 'Register each of them';
  const any =
    'PORT is a free port, another one in each run. If the provider requires a fixed port, give its number as --port.';
  return [
    provider?.name === serverName
      ? `${serverName}: ${provider.redirectHint}`
      : `${ports.includes(0) ? 'Register it' : fixed} with ${serverName}. The port may vary only if the provider ignores ` +
        'the port of loopback addresses (RFC 8252).',
    ...(ports.includes(0) ? [any] : []),
  ];
}

/** Changed as text, because strict providers compare text. */
function shownWithPort(redirectUri: string, port: number): string {
  return withPort(redirectUri, port).replace(/:0(?=[/?]|$)/, ':PORT');
}
