/** What one reason of a rejection means. */
interface RejectionRow {
  /** The status of the response. */
  readonly status: number;
  /** What its page shows; `reason` is the key of the text. @default `bad_request` */
  readonly view?: { readonly state: 'error' | 'pending'; readonly reason: string };
  /** The code of the error that ends the wait, and what the developer can do. Absent if the request held no response. */
  readonly code?: string;
  readonly advice?: string;
  /** What explains that nothing else arrived, in the message of a timeout. Absent: it is noise. */
  readonly explanation?: string;
  /** One line for the user at the terminal. Absent: the user need not know. */
  readonly terminal?: string;
}

/**
 * Every reason for which a request or a response is rejected, and all that it means. A new reason is a row here, and a text
 * of the page if none fits.
 */
export const rejections = {
  state_foreign: {
    status: 400,
    view: { state: 'error', reason: 'state_foreign' },
    code: 'STATE_FOREIGN',
    advice: 'Use the URI that the provider redirected to in this sign-in.',
    explanation:
      'Its `state` belongs to no sign-in in progress: use the newest sign-in page, and check that the provider returns `state` and that an SDK uses the `state` it was given.',
    terminal:
      'A response of another sign-in arrived and was rejected. Use the address of this sign-in, and close tabs of earlier ones.',
  },
  state_used: {
    status: 409,
    view: { state: 'pending', reason: 'state_used' },
    code: 'STATE_USED',
    advice: 'Start a new sign-in.',
    explanation: 'Its sign-in had ended already: start a new one.',
    terminal: 'A response that was already used arrived again and was rejected. There is nothing to do.',
  },
  malformed: {
    status: 400,
    view: { state: 'error', reason: 'malformed' },
    code: 'RESPONSE_MALFORMED',
    advice: 'Copy the whole URI, or start a new sign-in.',
    explanation: 'It could not be read: it has contradicting parameters, or none.',
    terminal: 'A response arrived that is malformed and was rejected. Begin again at the address of this sign-in.',
  },
  empty: {
    status: 400,
    view: { state: 'error', reason: 'malformed' },
    code: 'RESPONSE_EMPTY',
    advice: 'Copy the whole address of the page that the provider redirected to, with everything after `?` or `#`.',
    explanation: 'It held neither a grant nor an error.',
    terminal: 'The browser came back without a response. Begin again at the address of this sign-in.',
  },
  wrong_issuer: {
    status: 400,
    view: { state: 'error', reason: 'wrong_issuer' },
    code: 'ISSUER_MISMATCH',
    advice: 'Check `issuer`, and which provider the user signed in at.',
    explanation: 'It came from another issuer.',
    terminal: 'A response of another authorization server arrived and was rejected.',
  },
  wrong_redirect_uri: {
    status: 400,
    view: { state: 'error', reason: 'malformed' },
    code: 'REDIRECT_URI_MISMATCH',
    advice: 'Copy the URI from the page that the provider redirected to.',
    explanation: 'It arrived at another address.',
    terminal: 'A response arrived at another address than the redirect URI of this sign-in and was rejected.',
  },
  foreign_host: {
    status: 421,
    view: { state: 'error', reason: 'foreign_host' },
    explanation:
      'The address in the browser is not the redirect URI: set `publicUri` if a tunnel or a proxy is in front.',
    terminal:
      'The browser used another host name for this program and was rejected. Use exactly the address of this sign-in; a tunnel or proxy in front of the program needs the option publicUri (the command: --public-uri).',
  },
  foreign_origin: {
    status: 403,
    explanation: 'The callback page was opened under another address, or an extension removed its `Origin`.',
    terminal: 'A page of another origin sent a response, which was rejected. Close other tabs and try again.',
  },
  not_a_navigation: {
    status: 403,
    explanation: 'It was sent by a script, a frame or an image instead of a page visit.',
    terminal: 'A response was sent by a script or frame instead of a page visit and was rejected.',
  },
  content_type: {
    status: 415,
    explanation: 'Its content type is not that of a form post, in UTF-8.',
    terminal: 'A response in an unknown format arrived and was rejected. Paste the address of the page instead.',
  },
  body_too_large: {
    status: 413,
    explanation: 'It is larger than 256 KiB.',
    terminal: 'A response arrived that is too large and was rejected. Paste the address of the page instead.',
  },
  body_invalid: {
    status: 400,
    explanation: 'Its body was incomplete or could not be read.',
    terminal: 'A response arrived incomplete and was rejected. Reload the page in the browser.',
  },
  tls: {
    status: 400,
    explanation:
      'The browser used https for the http address: turn off HTTPS-only mode for it, or use 127.0.0.1 instead of localhost.',
    terminal:
      'The browser used https for an http address and was rejected. Turn off its HTTPS-only mode for this address, and use 127.0.0.1 rather than localhost.',
  },
  bad_request: {
    status: 400,
    explanation: 'It was no valid HTTP request: a proxy, an antivirus program or another program changed or sent it.',
    terminal:
      'A request that is no valid HTTP arrived and was rejected. A proxy or antivirus program may have changed it.',
  },
  request_timeout: {
    status: 408,
    explanation: 'It did not arrive completely within `requestTimeout`.',
    terminal: 'A request did not arrive completely and was rejected. Reload the page in the browser.',
  },
  headers_too_large: {
    status: 431,
    view: { state: 'error', reason: 'too_large' },
    explanation:
      'Its headers are larger than `maxHeaderSize`: usually cookies of other apps on this host. Clear them, or raise `maxHeaderSize`.',
    terminal: 'The browser sent too many cookies of other apps at this address. Use a private window, or clear them.',
  },
  bad_target: { status: 400 },
  prefetch: { status: 403 },
  method: { status: 405 },
} as const satisfies Record<string, RejectionRow>;

/** Why a request to the callback or its `token` endpoint was rejected. A word, never a value of the request. */
export type RejectionReason = keyof typeof rejections;

/** @internal Why a response was rejected by the checks on the authorization response itself: its error has a `code`. */
export type ResponseRejection = {
  [Reason in RejectionReason]: (typeof rejections)[Reason] extends { code: string } ? Reason : never;
}[RejectionReason];

/** @internal Why a request was rejected before an authorization response was read from it. */
export type RequestRejection = Exclude<RejectionReason, ResponseRejection>;

/** @internal The row of a reason; undefined for any other word. */
export function rejectionRow(reason: string): RejectionRow | undefined {
  return Object.hasOwn(rejections, reason) ? rejections[reason as RejectionReason] : undefined;
}

/** @internal The provider's error responses: their code, what the page says, and the message. */
export const providerErrors = {
  denied: {
    code: 'ACCESS_DENIED',
    view: { state: 'error', reason: 'denied' },
    message: 'The user, or the provider on their behalf, denied the access.',
  },
  refused: {
    code: 'AUTHORIZATION_FAILED',
    view: { state: 'error', reason: 'refused' },
    message: 'The authorization server reported an error: see `error` and `errorDescription`.',
  },
} as const;
