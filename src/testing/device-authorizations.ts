import { randomBase64url } from '../oauth/random-and-digest.js';
import type { CheckedBehavior } from './checked-options.js';
import type { Client } from './clients.js';
import { errorResponse } from './error-response.js';

export type Decision = 'allow' | 'deny';

/** A device that waits for its user. */
export interface DeviceAuthorization {
  readonly client: Client;
  readonly scope: string | undefined;
  /** As it is shown: `BCDF-GHJK`. */
  readonly userCode: string;
}

interface Pending extends DeviceAuthorization {
  readonly expiresAt: number;
  decision: { readonly decision: Decision; readonly account: string } | undefined;
  /** Milliseconds. */
  interval: number;
  lastPoll: number;
}

/** Seconds. */
const lifetime = 600;
// Consonants: no words, and no letters that look like digits (RFC 8628, section 6.1).
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';

/**
 * Device authorization requests and what became of them.
 *
 * @see [RFC 8628](https://www.rfc-editor.org/rfc/rfc8628)
 */
export class DeviceAuthorizations {
  readonly #behavior: () => CheckedBehavior;
  readonly #byDeviceCode = new Map<string, Pending>();
  readonly #byUserCode = new Map<string, Pending>();

  constructor(behavior: () => CheckedBehavior) {
    this.#behavior = behavior;
  }

  /** Begins one, and returns the device authorization response. */
  begin(client: Client, scope: string | undefined, verificationUri: URL): Record<string, unknown> {
    const { consent, accounts, deviceInterval } = this.#behavior();
    const deviceCode = randomBase64url(24);
    const userCode = newUserCode();
    const pending: Pending = {
      client,
      scope,
      userCode,
      expiresAt: Date.now() + lifetime * 1000,
      decision: consent === 'ask' ? undefined : { decision: consent, account: accounts[0]?.id ?? '' },
      interval: deviceInterval * 1000,
      lastPoll: -Infinity,
    };
    this.#byDeviceCode.set(deviceCode, pending);
    this.#byUserCode.set(userCode, pending);
    const complete = new URL(verificationUri);
    complete.searchParams.set('user_code', userCode);
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: verificationUri.href,
      verification_uri_complete: complete.href,
      expires_in: lifetime,
      interval: deviceInterval,
    };
  }

  /** Finds the undecided request of a code that a user typed, with or without its hyphen. */
  find(typed: string): DeviceAuthorization | undefined {
    const letters = typed.toUpperCase().replace(/[^A-Z]/g, '');
    const pending = this.#byUserCode.get(`${letters.slice(0, 4)}-${letters.slice(4)}`);
    return pending === undefined || pending.decision !== undefined || isExpired(pending) ? undefined : pending;
  }

  decide({ userCode }: DeviceAuthorization, decision: Decision, account: string): void {
    const pending = this.#byUserCode.get(userCode);
    if (pending !== undefined) pending.decision = { decision, account };
  }

  /** Handles a token request with a device code: returns what was allowed, or throws the error response. */
  redeem(deviceCode: string | null, clientId: string): DeviceAuthorization & { readonly account: string } {
    const pending = this.#byDeviceCode.get(deviceCode ?? '');
    if (deviceCode === null || pending?.client.id !== clientId) {
      throw errorResponse('invalid_grant', '`device_code` is missing, was used, or was not issued to this client.');
    }
    const { lastPoll, interval } = pending;
    pending.lastPoll = Date.now();
    if (isExpired(pending)) throw errorResponse('expired_token', '`device_code` has expired.');
    // A tenth is allowed for timers that fire early and for the network.
    if (pending.lastPoll - lastPoll < interval * 0.9) {
      pending.interval += 5000;
      throw errorResponse('slow_down', 'The device must wait longer between two requests.');
    }
    if (pending.decision === undefined) throw errorResponse('authorization_pending', 'The user has not decided yet.');
    if (pending.decision.decision === 'deny') throw errorResponse('access_denied', 'The user denied the request.');
    this.#byDeviceCode.delete(deviceCode);
    return { ...pending, account: pending.decision.account };
  }
}

function isExpired({ expiresAt }: Pending): boolean {
  return expiresAt <= Date.now();
}

function newUserCode(): string {
  const letters = Array.from(Buffer.from(randomBase64url(8), 'base64url'), (byte) => alphabet[byte % alphabet.length]);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}
