import type { ExpectedRequest } from '../oauth/authorization-response.js';
import type { Failure } from '../sign-in/failure.js';
import type { Delivery } from '../sign-in/sign-in.js';
import type { Outcome } from '../sign-in/wait.js';
import type { PendingPage } from './callback-page.js';
import type { RejectionReason } from '../outcomes.js';
import type { RequestTarget, ServerNames } from './request-guard.js';

/** @internal */
export type FoundRequest = ExpectedRequest | 'used' | 'failed' | undefined;

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
  /** The expected request with that state; `'used'` if its response was accepted before, `'failed'` if that was in vain. */
  find(state: string | undefined): FoundRequest | Promise<FoundRequest>;
  /** Uses the request up and notifies the app. Undefined if another response was faster. */
  deliver(
    outcome: Outcome,
    expected: ExpectedRequest | undefined,
  ): Delivery<PendingPage> | undefined | Promise<Delivery<PendingPage> | undefined>;
  /** Reports a request, or a response of no known request, that was rejected. Returns what a hook threw. */
  rejected(reason: RejectionReason): Failure | undefined;
  /** Saves the user's session before a held page shows the end. */
  readonly saveSession?: () => Promise<void>;
  /** The page was sent, or has loaded its own files. */
  pageSent?(): void;
  pageLoaded?(): void;
}
