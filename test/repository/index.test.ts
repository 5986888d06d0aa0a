import { describe, expect, it } from '@jest/globals';
import * as embedAuthServer from '#src/index.js';

describe('embed-auth-server', () => {
  it('exports exactly this', () => {
    expect(Object.keys(embedAuthServer).sort()).toEqual([
      'AuthAbortedError',
      'AuthError',
      'AuthServer',
      'AuthorizationCodeResponse',
      'AuthorizationError',
      'BrowserOpenError',
      'BrowserUtil',
      'ImplicitGrantResponse',
      'LoginRequest',
      'PKCEUtil',
      'PortUnavailableError',
      'ResponseType',
      'Scopes',
      'ServerError',
      'TemplateError',
      'isRemoteSession',
      'login',
      'parseCallbackUri',
      'promptForCallbackUri',
    ]);
  });

  it('names every class and function as it exports it', () => {
    for (const [name, value] of Object.entries(embedAuthServer)) {
      if (typeof value === 'function') expect(value.name).toBe(name);
    }
  });

  it('has one error class above all others', () => {
    const {
      AuthError,
      AuthAbortedError,
      AuthorizationError,
      BrowserOpenError,
      PortUnavailableError,
      ServerError,
      TemplateError,
    } = embedAuthServer;
    for (const type of [
      AuthAbortedError,
      AuthorizationError,
      BrowserOpenError,
      PortUnavailableError,
      ServerError,
      TemplateError,
    ]) {
      expect(Object.getPrototypeOf(type)).toBe(AuthError);
    }
  });
});
