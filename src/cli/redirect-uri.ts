import type { LoginArguments } from './login-arguments.js';

type Arguments = Pick<LoginArguments, 'redirectUri' | 'publicUri' | 'ports' | 'provider'>;

/** Says which redirect URI must be registered with the provider, and whether its port may vary. */
export function describeRedirectUri(
  { redirectUri, publicUri, ports, provider }: Arguments,
  serverName: string,
): string {
  const uris = publicUri === undefined ? withPorts(redirectUri, ports) : [publicUri];
  const heading = uris.length === 1 ? 'Redirect URI' : 'Redirect URIs, of which one is used';
  return [`${heading}: ${uris.join(' ')}`, rule(serverName, uris.length, provider), ...anyPort(ports, publicUri)].join(
    '\n',
  );
}

function rule(serverName: string, count: number, provider: LoginArguments['provider']): string {
  if (provider?.name === serverName && count === 1) return `${serverName}: ${provider.redirectHint}`;
  const each = count === 1 ? 'exactly this URI' : 'each of them';
  return (
    `Register ${each} with ${serverName}. The port may vary only if the provider ignores the port of loopback ` +
    'addresses (RFC 8252).'
  );
}

function anyPort(ports: readonly number[], publicUri: string | undefined): readonly string[] {
  if (!ports.includes(0) || publicUri !== undefined) return [];
  return ['PORT is a free port that is chosen in each run, so the provider must ignore the port.'];
}

/** The URI with each port, changed as text, because strict providers compare text. */
function withPorts(redirectUri: string, ports: readonly number[]): readonly string[] {
  if (ports.length === 0) return [redirectUri];
  return ports.map((port) =>
    redirectUri.replace(/^(https?:\/\/(?:\[[^\]]*\]|[^:/?#]*))(?::\d*)?/i, `$1:${port === 0 ? 'PORT' : port}`),
  );
}
