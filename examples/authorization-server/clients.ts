/** An app that may ask for a sign-in. All are public clients: an app on the user's computer can keep no secret. */
export interface Client {
  readonly id: string;
  /** What the consent page calls the app. */
  readonly name: string;
  /**
   * The redirect URIs, each to be matched exactly, port and path included.
   *
   * @default any loopback URI with any port and path (RFC 8252, section 7.3), and any URI of the demo's custom scheme
   */
  readonly redirectUris?: readonly string[];
}

/** The client that is known where the options name none. */
export const demoClients: readonly Client[] = [{ id: 'demo-client', name: 'Demo App' }];

/** The custom scheme (RFC 8252, section 7.1) that clients without a list of redirect URIs may use. */
export const customScheme = 'embed-auth-demo:';

const loopbackHosts: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];

/**
 * Says where the answer goes.
 *
 * @param client - the client that asks
 * @param requested - the `redirect_uri` of the request, if it has one
 * @returns the redirect URI, or undefined where the request may not be answered by a redirect at all
 */
export function resolveRedirectUri(client: Client, requested: string | undefined): string | undefined {
  const { redirectUris } = client;
  if (redirectUris) {
    // RFC 6749, section 3.1.2.3: it may be left out only where there is one to choose from.
    if (requested === undefined) return redirectUris.length === 1 ? redirectUris[0] : undefined;
    return redirectUris.includes(requested) ? requested : undefined;
  }
  return requested !== undefined && isNativeAppUri(requested) ? requested : undefined;
}

function isNativeAppUri(text: string): boolean {
  // The text goes into a Location header as it came. What a browser would read otherwise than we do (spaces, controls,
  // backslashes) is refused; so is a fragment (RFC 6749, section 3.1.2).
  if (!/^[\x21-\x7e]+$/.test(text) || /[\\#]/.test(text) || !URL.canParse(text)) return false;
  const uri = new URL(text);
  if (uri.protocol === customScheme) return true;
  const isLoopback = loopbackHosts.includes(uri.hostname);
  return /^https?:$/.test(uri.protocol) && isLoopback && uri.username === '' && uri.password === '';
}
