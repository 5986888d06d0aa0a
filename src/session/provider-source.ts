import type { ProviderSessionOptions } from './session-options.js';
import type { TokenSource } from './token-source.js';

/** @internal A provider whose endpoints are known, or looked up when they are needed first. */
export class ProviderSource implements TokenSource {
  readonly canRefresh = true;

  constructor(_options: ProviderSessionOptions, _timeout: number) {
    // In progress.
  }

  signIn(): never {
    throw new Error('Not there yet');
  }

  refresh(): never {
    throw new Error('Not there yet');
  }

  revoke(): never {
    throw new Error('Not there yet');
  }
}
