import { beforeEach } from '@jest/globals';
import type { Command, useCommands } from './command.js';
import { inTurn, useJsonServer, type JsonServer } from '../helpers/json-server.js';

/** Responses of the token endpoint. */
export const pending = [400, { error: 'authorization_pending' }] as const;
export const granted = [200, { access_token: 'the-token', token_type: 'Bearer' }] as const;

/** A server whose device authorization and token endpoints each test changes, and the command that signs in there. */
export function useDeviceServer(commands: ReturnType<typeof useCommands>): {
  readonly server: JsonServer;
  /** A device authorization response, with changes. */
  readonly authorization: (changes?: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** The arguments of the command. */
  readonly args: (...more: readonly string[]) => string[];
  /** Starts the command without a browser. */
  readonly start: (...more: readonly string[]) => Command;
} {
  const server = useJsonServer();
  const authorization = (changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    device_code: 'the-device-code',
    user_code: 'WDJB-MJHT',
    verification_uri: `${server.origin}/device`,
    expires_in: 900,
    interval: 1,
    ...changes,
  });
  const args = (...more: readonly string[]): string[] => {
    const endpoints = [
      '--device-uri',
      `${server.origin}/device_authorization`,
      '--token-uri',
      `${server.origin}/token`,
    ];
    return ['login', '--device', '--client-id', 'my-id', ...endpoints, ...more];
  };
  beforeEach(() => {
    server.routes['/device_authorization'] = authorization();
    server.routes['/token'] = inTurn(granted);
  });
  return { server, authorization, args, start: (...more) => commands.start(args('--no-browser', ...more), {}) };
}
