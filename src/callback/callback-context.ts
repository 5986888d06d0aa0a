import type { ExpectedRequest } from '../oauth/authorization-response.js';
import type { Failure } from '../sign-in/failure.js';
import type { Delivery } from '../sign-in/sign-in.js';
import type { Outcome } from '../sign-in/wait.js';
import type { PendingPage } from './callback-page.js';
import type { RejectionReason, RequestTarget, ServerNames } from './request-guard.js';

/** @internal What the dispatcher needs to know for one request, from an `AuthServer` or a callback router. */
export interface CallbackContext {
  readonly names: ServerNames;
  /** The request's target, with the prefix that a mount has stripped; undefined if it is no path. */
  readonly target: RequestTarget | undefined;
  /** The redirect URI at which the request arrived, as it is sent to providers. */
  readonly redirectUri: string;
  /** The path of the page among the paths of the server. */
  readonly pagePath: string;
  /** Further folders for the files of pages that were written for EmbedIOAuthServer. */
  readonly assetFolders?: readonly string[];
  readonly allowUnsolicited?: boolean;
  /** Whether the user is being asked to paste the callback URI. */
  isPasteOffered?(): boolean;
  find(state: string | undefined): ExpectedRequest | 'used' | undefined | Promise<ExpectedRequest | 'used' | undefined>;
  /** Uses the request up and notifies the app. Undefined if another response was faster. */
  deliver(
    outcome: Outcome,
    expected: ExpectedRequest | undefined,
  ): Delivery<PendingPage> | undefined | Promise<Delivery<PendingPage> | undefined>;
  /** Reports a request, or a response of no known request, that was rejected. Returns what a hook threw. */
  rejected(reason: RejectionReason): Failure | undefined;
  /** The page was sent, or has loaded its own files. */
  pageSent?(): void;
  pageLoaded?(): void;
}
