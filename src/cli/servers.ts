/** What was seen at authorization servers that are free to run. */
export interface ServerFacts {
  readonly name: string;
  /** The version that was run, in November 2026. */
  readonly version: string;
  /** Sentences. The command and the session do by themselves what these servers need. */
  readonly facts: readonly string[];
}

/** The servers that were run. The command and the session need no setting for any of them. */
export const servers: readonly ServerFacts[] = [
  {
    name: 'better-auth (oauth-provider)',
    version: '1.7.25 (1.7.5)',
    facts: [
      'Any port on 127.0.0.1, localhost or [::1], each for itself; an unknown client or redirect URI ends on a page of its own.',
      'Registration needs application_type native. Reuse of a refresh token ends the sign-in.',
    ],
  },
  {
    name: '@cloudflare/workers-oauth-provider',
    version: '1.2.3',
    facts: [
      'Metadata by RFC 8414 only. Any port on the same loopback host.',
      'A later sign-in of the same user and client ends the earlier one.',
    ],
  },
  {
    name: '@atproto/pds',
    version: '0.4.217',
    facts: [
      'Tokens are DPoP: use its own SDK. Errors arrive as JSON at the pushed request.',
      'The client id http://localhost?redirect_uri=... needs http://127.0.0.1/callback for any port.',
    ],
  },
  {
    name: 'LemonLDAP::NG',
    version: '2.16.1',
    facts: [
      'Exact redirect URI. A refusal of the user is consent_required; other errors stay on its portal page.',
      'Sends no iss. Registration answers client_id_issued_at as a string, and a secret although none was asked for.',
    ],
  },
  {
    name: 'ejabberd',
    version: '23.01',
    facts: ['Implicit grant only, with the token in the query. A redirect URI with a query gets a second "?".'],
  },
  {
    name: '@node-oauth/oauth2-server',
    version: '5.3.0',
    facts: ['Exact redirect URI. Sends no iss. Refresh tokens rotate.'],
  },
  {
    name: 'FastMCP (OAuth proxy)',
    version: '4.20.16',
    facts: ['Exact redirect URI, with a port. Errors, and denials at the provider behind it, end on a JSON page.'],
  },
  {
    name: 'oidc-provider',
    version: '9.13.3',
    facts: [
      'Native clients: any port on 127.0.0.1, localhost or [::1]. Refresh tokens only with offline_access and prompt=consent.',
      'Two refreshes with one token end the sign-in.',
    ],
  },
];
