import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { AuthServer, login } from '#src/index.js';
import { onLinux } from '../helpers/systems.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
/** Whether they can be used is found out by start(). */
const tls = { key: 'key', cert: 'certificate' };

function make(baseUri: string | URL, options?: object): () => AuthServer {
  return () => new AuthServer(baseUri, options);
}

describe('AuthServerOptions.port', () => {
  it.each([
    ['http://127.0.0.1/callback', 'http://127.0.0.1:5543/callback'],
    ['http://127.0.0.1', 'http://127.0.0.1:5543'],
    ['http://127.0.0.1:1234/callback', 'http://127.0.0.1:5543/callback'],
    ['http://127.0.0.1:01234/callback', 'http://127.0.0.1:5543/callback'],
    ['http://127.0.0.1:/callback', 'http://127.0.0.1:5543/callback'],
    ['http://localhost?tenant=a:1', 'http://localhost:5543?tenant=a:1'],
    ['http://localhost:80/call:80/back', 'http://localhost:5543/call:80/back'],
    ['HTTP://LocalHost/Callback', 'HTTP://LocalHost:5543/Callback'],
    ['http://[::1]/callback', 'http://[::1]:5543/callback'],
    ['http://[::1]:1234/callback', 'http://[::1]:5543/callback'],
    ['http://[0:0:0:0:0:0:0:1]/callback', 'http://[0:0:0:0:0:0:0:1]:5543/callback'],
    ['http:localhost/callback', 'http:localhost:5543/callback'],
    ['http:///127.0.0.1:1234/callback', 'http:///127.0.0.1:5543/callback'],
  ])('replaces the port of %s, and nothing else', (baseUri, redirectUri) => {
    const server = new AuthServer(baseUri, { port: 5543 });
    expect(server.redirectUri).toBe(redirectUri);
    expect(server.port).toBe(5543);
  });

  it.each([
    ['http://127.0.0.1:5543/callback', 5543],
    ['http://127.0.0.1:05543/callback', 5543],
    ['http://127.0.0.1/callback', 80],
    ['http://127.0.0.1:80/callback', 80],
  ])('leaves %s as it is if that is port %i', (baseUri, port) => {
    expect(new AuthServer(baseUri).redirectUri).toBe(baseUri);
    expect(new AuthServer(baseUri, { port }).redirectUri).toBe(baseUri);
    expect(new AuthServer(baseUri).port).toBe(port);
  });

  it('is that of the scheme if the base URI has none', () => {
    const server = new AuthServer('https://127.0.0.1/callback', { tls });
    expect([server.port, server.redirectUri]).toEqual([443, 'https://127.0.0.1/callback']);
    const other = new AuthServer('https://127.0.0.1/callback', { tls, port: 80 });
    expect([other.port, other.redirectUri]).toEqual([80, 'https://127.0.0.1:80/callback']);
  });

  it('may be any iterable; the port is unknown until one of several is bound', () => {
    const ports = new Set([5543, 5544]);
    const server = new AuthServer('http://127.0.0.1:1234/callback', { port: ports });
    expect([server.port, server.redirectUri]).toEqual([0, 'http://127.0.0.1:0/callback']);
    expect(new AuthServer('http://127.0.0.1/callback', { port: [5543] }).port).toBe(5543);
  });

  it.each([0, 65_535])('may be %i', (port) => {
    expect(new AuthServer('http://127.0.0.1/callback', { port }).port).toBe(port);
  });

  it.each([
    [65_536, RangeError, /`port` must be a whole number from 0 to 65535, not 65536/],
    [-1, RangeError, /`port` must be a whole number/],
    [Number.NaN, RangeError, /`port` must be a whole number/],
    ['5543', TypeError, /`port` must be a number, or a list/],
    [{}, TypeError, /`port` must be a number, or a list/],
    [true, TypeError, /`port` must be a number, or a list/],
    [new Set(), TypeError, /`port` must be a number, or a list of numbers that is not empty/],
    [[5543, '5544'], TypeError, /`port` must be a number, not string/],
    [[5543, undefined], TypeError, /`port` must be a number, not undefined/],
  ])('rejects %j', (port, type, message) => {
    expect(make('http://127.0.0.1/callback', { port })).toThrow(type);
    expect(make('http://127.0.0.1/callback', { port })).toThrow(message);
  });
});

describe('AuthServerOptions.host', () => {
  it.each(['192.168.1.2', 'example.com', '0.0.0.0', '[::]'])(
    'is required for the host %s, which is not loopback',
    (host) => {
      expect(make(`http://${host}:5543/callback`)).toThrow(/`baseUri` must name a loopback host/);
      expect(make(`http://${host}:5543/callback`, { host: '127.0.0.1' })).not.toThrow();
    },
  );

  it.each(['', 5, null])('cannot be %j', (host) => {
    expect(make('http://127.0.0.1/callback', { host })).toThrow(TypeError);
    expect(make('http://127.0.0.1/callback', { host })).toThrow(/`host` must (?:be a string|not be empty)/);
  });

  onLinux('is bound instead of the host of the base URI, which stays the name', async () => {
    const server = await startServer({ host: '127.0.0.2' }, 'http://localhost:0/callback');
    expect(server.baseUri.hostname).toBe('localhost');
    const there = request(`http://127.0.0.2:${server.port}`);
    await there.get('/callback').set('Host', `localhost:${server.port}`).expect(200);
    await there.get('/callback').expect(421);
  });

  it('`localhost` binds both families', async () => {
    const server = await startServer({ host: 'localhost' });
    for (const address of ['127.0.0.1', '[::1]']) {
      const there = request(`http://${address}:${server.port}`);
      await there.get('/callback').set('Host', `127.0.0.1:${server.port}`).expect(200);
    }
  });
});

describe('the base URI', () => {
  it.each([
    ['localhost:5543/callback', /must begin with http:\/\/ or https:\/\//],
    ['my-host.local:80', /must begin with http:\/\/ or https:\/\//],
    ['myapp:callback', /must be an http or https URI, not myapp:/],
    ['ftp://127.0.0.1/callback', /must be an http or https URI, not ftp:/],
    ['http://user@127.0.0.1/callback', /must not have credentials/],
    ['http://:secret@127.0.0.1/callback', /must not have credentials/],
    ['http://127.0.0.1/token', /must not end in `\/token`/],
    ['http://127.0.0.1/a/token?b', /must not end in `\/token`/],
  ])('cannot be %s', (uri, message) => {
    expect(make(uri)).toThrow(TypeError);
    expect(make(uri)).toThrow(message);
    expect(make(uri)).toThrow(/^`baseUri` /);
    expect(make('http://127.0.0.1/callback', { publicUri: uri })).toThrow(message);
    expect(make('http://127.0.0.1/callback', { publicUri: uri })).toThrow(/^`publicUri` /);
  });

  it.each([
    'http://127.0.0.1:80/a:1',
    'http://127.0.0.1/tokens',
    'http://127.0.0.1/token/',
    'http://127.0.0.1/a?/token',
  ])('can be %s', (uri) => {
    expect(new AuthServer(uri).redirectUri).toBe(uri);
    expect(new AuthServer(new URL(uri)).redirectUri).toBe(new URL(uri).href);
  });

  it('is https if and only if there is `tls`', () => {
    const message = /`tls` is required if `baseUri` is an https URI, and accepted only then/;
    expect(make('https://127.0.0.1/callback')).toThrow(message);
    expect(make('http://127.0.0.1/callback', { tls })).toThrow(message);
    expect(make('https://127.0.0.1/callback', { tls })).not.toThrow();
  });

  it('is `redirectUri` in the errors of login()', async () => {
    const signingIn = login({
      clientId: 'client',
      authorizationEndpoint: 'https://accounts.example.com/authorize',
      redirectUri: 'http://192.168.1.2:5543/callback',
    });
    await expect(signingIn).rejects.toThrow(/^`redirectUri` must name a loopback host/);
  });
});

describe('AuthServerOptions.publicUri', () => {
  it.each(['http://example.dev/callback', 'http://192.168.1.2/callback', 'http://127.0.0.1.evil.test/callback'])(
    'cannot be http at %s, which is not this machine',
    (publicUri) => {
      expect(make('http://127.0.0.1/callback', { publicUri })).toThrow(RangeError);
      expect(make('http://127.0.0.1/callback', { publicUri })).toThrow(/`publicUri` must be an https URI, or/);
    },
  );

  it.each(['https://example.dev/callback', 'https://127.0.0.1/callback', 'http://[::1]:8/', 'http://localhost/'])(
    'can be %s',
    (publicUri) => {
      expect(new AuthServer('http://127.0.0.1/callback', { publicUri }).redirectUri).toBe(publicUri);
    },
  );

  it.each(['https://example.dev:6000/callback', 'http://localhost:1/'])(
    'cannot be %s, whose port browsers block',
    (publicUri) => {
      expect(make('http://127.0.0.1/callback', { publicUri })).toThrow(
        expect.objectContaining({ name: 'PortUnavailableError', code: 'PORT_BLOCKED' }),
      );
    },
  );

  it.each(['http://127.0.0.1//callback', 'http://127.0.0.1////evil.test/x'])(
    'cannot have two slashes before its path: %s',
    (uri) => {
      expect(make(uri)).toThrow(/`baseUri` must not have a path that begins with two slashes/);
      expect(make('http://127.0.0.1/callback', { publicUri: uri })).toThrow(/`publicUri` must not have a path/);
    },
  );

  it('makes its own name and that of the base URI known, and no other', async () => {
    const server = await startServer({ publicUri: 'https://name.example.dev/callback' });
    const there = request(`http://127.0.0.1:${server.port}`);
    for (const [host, status] of [
      ['name.example.dev', 200],
      ['name.example.dev:443', 200],
      [`127.0.0.1:${server.port}`, 200],
      ['name.example.dev:80', 421],
      [`name.example.dev:${server.port}`, 421],
      ['127.0.0.1', 421],
      ['127.0.0.1:0', 421],
    ] as const) {
      expect([host, (await there.get('/callback').set('Host', host)).status]).toEqual([host, status]);
    }
    for (const [origin, status] of [
      ['https://name.example.dev', 204],
      [`http://127.0.0.1:${server.port}`, 204],
      ['http://name.example.dev', 403],
      ['https://evil.test', 403],
    ] as const) {
      const response = await there.post('/token').set('Origin', origin).send({ loaded: true });
      expect([origin, response.status]).toEqual([origin, status]);
    }
  });

  it('needs its port in Host if it has one', async () => {
    const server = await startServer({ publicUri: 'https://name.example.dev:8443/callback' });
    const there = request(`http://127.0.0.1:${server.port}`);
    await there.get('/callback').set('Host', 'name.example.dev:8443').expect(200);
    await there.get('/callback').set('Host', 'name.example.dev').expect(421);
  });
});

describe('AuthServerOptions', () => {
  it.each(['requestLifetime', 'requestTimeout', 'maxHeaderSize'])('%s must be a whole number above 0', (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Infinity, '5', null]) {
      expect(make('http://127.0.0.1/callback', { [name]: value })).toThrow(RangeError);
      expect(make('http://127.0.0.1/callback', { [name]: value })).toThrow(
        `\`${name}\` must be a whole number above 0`,
      );
    }
    expect(make('http://127.0.0.1/callback', { [name]: 1 })).not.toThrow();
  });

  it('treats undefined as an option that is not given', () => {
    const names = ['port', 'host', 'publicUri', 'handler', 'allowUnsolicited', 'requestLifetime', 'requestTimeout'];
    const options = Object.fromEntries([...names, 'maxHeaderSize', 'tls'].map((name) => [name, undefined]));
    expect(new AuthServer('http://127.0.0.1:5543/callback', options).port).toBe(5543);
  });

  it('must be known, and of their types', () => {
    expect(make('http://127.0.0.1/callback', { publicUrl: 'x' })).toThrow(/Did you mean `publicUri`/);
    expect(make('http://127.0.0.1/callback', { allowUnsolicited: 1 })).toThrow(/`allowUnsolicited` must be true or/);
    expect(make('http://127.0.0.1/callback', { handler: {} })).toThrow(/`handler` must be a function/);
    expect(make('http://127.0.0.1/callback', { handler: () => undefined, allowUnsolicited: true })).not.toThrow();
  });
});

describe('AuthServerOptions.requestTimeout', () => {
  it('is at most what a timer can measure', () => {
    expect(make('http://127.0.0.1/callback', { requestTimeout: 2 ** 31 })).toThrow(
      /`requestTimeout` must be at most 2147483647/,
    );
    expect(make('http://127.0.0.1/callback', { requestTimeout: 2 ** 31 - 1 })).not.toThrow();
  });
});
