import type { ExpectedRequest } from '../oauth/authorization-response.js';
import type { Failure } from './failure.js';
import type { OutcomePage, Wait } from './wait.js';

/** @internal One expected sign-in. */
export interface SignIn<Page extends OutcomePage> {
  /** Of its state. */
  readonly digest: string;
  request: ExpectedRequest;
  /** By the monotonic clock. */
  expectedAt: number;
  /** The login URI, and the path of the start address that redirects to it (R31). */
  start?: { readonly path: string; readonly uri: URL };
  /** The waits in progress for it. While there is one, it neither ages nor counts (R27). */
  readonly waits: Set<Wait<Page>>;
}

/** @internal What the app made of an outcome. */
export interface Delivery<Page> {
  readonly page: Page;
  /** What a handler threw. */
  readonly failure?: Failure | undefined;
}

/** @internal What the sign-ins need to know of the server that has them, and how its app is notified. */
export interface SignInsOwner<Page> {
  readonly allowUnsolicited: boolean;
  /** Milliseconds for which a request stays expected without a wait. */
  readonly requestLifetime: number;
  redirectUri(): string;
  makePage(): Page;
  /** Resolves when everything that has arrived is handled. */
  readonly arrived: () => Promise<void>;
  /** Whether the app listens for that event. */
  listens(event: OutcomeEvent): boolean;
  emit(event: OutcomeEvent | 'callbackRejected', ...values: readonly unknown[]): void;
}

/** The event of an outcome. */
type OutcomeEvent = 'implicitGrantReceived' | 'authorizationCodeReceived' | 'errorReceived';
