import type { ExpectedRequest, ValidationResult } from '../oauth/authorization-response.js';
import type { PendingPage } from './callback-page.js';
import type { RejectionReason, RequestTarget, ServerNames } from './request-guard.js';

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** @internal A validated response that ends the wait for a request. */
export type Outcome = Exclude<ValidationResult, { kind: 'rejected' }>;

/** @internal What the app made of an outcome. */
export interface Delivery {
  readonly page: PendingPage;
  /** What a handler threw. */
  readonly failure?: Failure | undefined;
}

/** @internal What one of the app's hooks threw. */
export interface Failure {
  readonly error: unknown;
}

/** @internal What the endpoint needs to know for one request, from an `AuthServer` or a callback router. */
export interface CallbackHost {
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
  readonly isPasteOffered?: boolean;
  find(state: string | undefined): MaybePromise<ExpectedRequest | 'used' | undefined>;
  /** Uses a request up; false if another response was faster. */
  consume(expected: ExpectedRequest): MaybePromise<boolean>;
  /** Notifies the app. */
  deliver(outcome: Outcome, expected: ExpectedRequest | undefined): MaybePromise<Delivery>;
  /** Reports a rejection; `expected` is the request that the rejection ends. Returns what a hook threw. */
  rejected(reason: RejectionReason, expected?: ExpectedRequest): Failure | undefined;
  /** The page was sent, or has loaded its own files. */
  pageSent?(): void;
  pageLoaded?(): void;
}

/** @internal Runs a hook of the app, and keeps what it throws until the response is sent. */
export function attempt(action: () => void): Failure | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return { error };
  }
}
