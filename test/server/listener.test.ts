import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, Server as HttpServer, type RequestListener } from 'node:http';
import { get as getSecurely } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { generate } from 'selfsigned';
import {
  openListener,
  type ListenerOptions,
  type LoopbackListener,
  type RequestListeners,
} from '#src/server/listener.js';
import { dial, received, requestBytes } from '../helpers/raw.js';

const both = ['127.0.0.1', '::1'];
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
const itWithIpv6 = hasIpv6 ? it : it.skip;

/** TEST-NET-3 (RFC 5737): an address that no machine has. */
const foreignAddress = '203.0.113.1';

const listeners: LoopbackListener[] = [];
const squatters: Server[] = [];

const answer: RequestListener = (_request, response) => {
  response.end('hello');
};

async function open(
  options: Partial<ListenerOptions> = {},
  onRequest: RequestListener = answer,
  onClientError: RequestListeners['onClientError'] = (_error, socket) => socket.destroy(),
): Promise<LoopbackListener> {
  const listener = await openListener(
    { addresses: ['127.0.0.1'], ports: [0], tls: undefined, maxHeaderSize: 65_536, requestTimeout: 30_000, ...options },
    { onRequest, onClientError },
  );
  listeners.push(listener);
  return listener;
}

/** Another program that has a port already. */
async function squat(address = '127.0.0.1', port = 0): Promise<number> {
  const server = createServer();
  squatters.push(server);
  await once(server.listen(port, address), 'listening');
  return (server.address() as AddressInfo).port; // A listening TCP server's address is an AddressInfo.
}

/** A port that was free a moment ago, on both families. */
async function idlePort(): Promise<number> {
  const listener = await openListener(
    {
      addresses: hasIpv6 ? both : ['127.0.0.1'],
      ports: [0],
      tls: undefined,
      maxHeaderSize: 1000,
      requestTimeout: 1000,
    },
    { onRequest: answer, onClientError: (_error, socket) => socket.destroy() },
  );
  await listener.close();
  return listener.port;
}

async function ask(port: number, host = '127.0.0.1'): Promise<string> {
  const socket = await dial(port, host);
  const text = received(socket);
  socket.write(
    requestBytes('GET / HTTP/1.1', [
      ['Host', 'x'],
      ['Connection', 'close'],
    ]),
  );
  return text;
}

/** Runs with the rights of an ordinary user: root may bind every port. */
async function asOrdinaryUser<T>(action: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0 || seteuid === undefined) return action();
  seteuid(65_534);
  try {
    return await action();
  } finally {
    seteuid(0);
  }
}

/** The lowest port that an ordinary user may bind; 0 if the system reserves none. */
function reservedBelow(): number {
  if (process.platform !== 'linux') return 0;
  return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
}

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  await Promise.all(squatters.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe('openListener', () => {
  it('listens on a fixed port', async () => {
    const port = await idlePort();
    expect((await open({ ports: [port] })).port).toBe(port);
    expect(await ask(port)).toContain('hello');
  });

  it('binds any free port for port 0, another one each time', async () => {
    const opened = await Promise.all(Array.from({ length: 5 }, () => open()));
    expect(new Set(opened.map(({ port }) => port)).size).toBe(5);
  });

  itWithIpv6('takes one free port on both families for port 0', async () => {
    const opened = await Promise.all(Array.from({ length: 5 }, () => open({ addresses: both })));
    expect(new Set(opened.map(({ port }) => port)).size).toBe(5);
    for (const { port } of opened) {
      expect(port).toBeGreaterThan(0);
      expect(await ask(port, '127.0.0.1')).toContain('hello');
      expect(await ask(port, '::1')).toContain('hello');
    }
  });

  itWithIpv6('listens on the addresses that were asked for, and on no other', async () => {
    const { port } = await open({ addresses: ['127.0.0.1'] });
    await expect(dial(port, '::1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const six = await open({ addresses: ['::1'] });
    await expect(dial(six.port, '127.0.0.1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    for (const [, addresses = []] of Object.entries(networkInterfaces())) {
      for (const { address, internal, family } of addresses) {
        if (!internal && family === 'IPv4') await expect(dial(port, address)).rejects.toHaveProperty('code');
      }
    }
  });

  it('says that a fixed port is in use, and binds no other', async () => {
    const port = await squat();
    await expect(open({ ports: [port] })).rejects.toMatchObject({
      name: 'PortUnavailableError',
      code: 'PORT_IN_USE',
      reason: 'EADDRINUSE',
      port,
      host: '127.0.0.1',
      cause: { code: 'EADDRINUSE' },
    });
  });

  it('says that a port is in use which another program has on every address', async () => {
    const port = await squat('0.0.0.0');
    await expect(open({ ports: [port] })).rejects.toMatchObject({ code: 'PORT_IN_USE', port });
  });

  it('says that this process itself uses a port, as long as it does', async () => {
    const first = await open();
    await expect(open({ ports: [first.port] })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining('in use by another sign-in of this process') as unknown,
    });
    // What failed has not forgotten the one that listens.
    await expect(open({ ports: [first.port] })).rejects.toThrow('another sign-in of this process');
    await first.close();
    const port = await squat('127.0.0.1', first.port);
    await expect(open({ ports: [port] })).rejects.toThrow('another program');
  });

  itWithIpv6('leaves no connection of 127.0.0.1 open if ::1 is taken', async () => {
    const port = await squat('::1');
    // The system takes its time for the second address, and a browser connects to the first one.
    const listen = Reflect.get(HttpServer.prototype, 'listen') as (...args: unknown[]) => HttpServer;
    let browser: Promise<Socket> | undefined;
    const slow = jest.spyOn(HttpServer.prototype, 'listen').mockImplementation(function (
      this: HttpServer,
      ...args: unknown[]
    ) {
      const [{ host }] = args as [{ host: string }];
      if (host !== '::1') return Reflect.apply(listen, this, args);
      browser = dial(port).then(async (socket) => {
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        Reflect.apply(listen, this, args);
        return socket;
      });
      return this;
    });
    try {
      await expect(open({ addresses: both, ports: [port] })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
      const socket = await browser;
      if (socket?.closed === false) await once(socket, 'close');
      expect(socket?.closed).toBe(true);
    } finally {
      slow.mockRestore();
    }
  });

  itWithIpv6('says that ::1 is taken by another program, and lets go of 127.0.0.1', async () => {
    const port = await squat('::1');
    await expect(open({ addresses: both, ports: [port] })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      reason: 'EADDRINUSE',
      port,
      host: '::1',
    });
    expect(await squat('127.0.0.1', port)).toBe(port);
  });

  itWithIpv6('continues with the next candidate if ::1 is in use', async () => {
    const port = await squat('::1');
    const next = await idlePort();
    expect((await open({ addresses: both, ports: [port, next] })).port).toBe(next);
  });

  const reserved = reservedBelow();
  (reserved > 1 ? it : it.skip)('says that a port is not permitted to an ordinary user', async () => {
    // Nothing below 1024 that a system has a use for: it must be rejected for its number alone.
    const port = Math.min(reserved - 1, 1021);
    await asOrdinaryUser(async () => {
      await expect(open({ ports: [port] })).rejects.toMatchObject({
        code: 'PORT_NOT_PERMITTED',
        reason: 'EACCES',
        port,
        cause: { code: 'EACCES' },
      });
      expect((await open({ ports: [port, 0] })).port).toBeGreaterThan(port);
    });
  });

  it('says that an address is not this machine’s, and tries no other port there', async () => {
    await expect(open({ addresses: [foreignAddress], ports: [0, 0] })).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      reason: 'EADDRNOTAVAIL',
      host: foreignAddress,
    });
    const [first, second] = [await idlePort(), await idlePort()];
    await expect(open({ addresses: [foreignAddress], ports: [first, second] })).rejects.toMatchObject({ port: first });
  });

  it('tries the next candidate only if a port is unavailable, not if the listener cannot be made', async () => {
    const tls = { key: 'no key', cert: 'no certificate' };
    const busy = await squat();
    await expect(open({ ports: [0, busy], tls })).rejects.toMatchObject({ code: 'SERVER_FAILED' });
  });

  it('reads every header, however many there are', async () => {
    let count = 0;
    const { port } = await open({}, (request, response) => {
      count = request.rawHeaders.length / 2;
      response.end();
    });
    const socket = await dial(port);
    const headers = Array.from({ length: 3000 }, (_, index) => [`X-${index}`, 'x'] as const);
    socket.write(requestBytes('GET / HTTP/1.1', [['Host', 'x'], ...headers, ['Connection', 'close']]));
    await received(socket);
    expect(count).toBe(3002);
  });

  it('does without a second address that the machine does not have: no other program can bind it', async () => {
    const { port } = await open({ addresses: ['127.0.0.1', foreignAddress] });
    expect(await ask(port)).toContain('hello');
  });

  it('reports an invalid host', async () => {
    await expect(open({ addresses: ['not an address'] })).rejects.toMatchObject({
      name: 'ServerError',
      code: 'SERVER_FAILED',
      cause: expect.objectContaining({ syscall: 'getaddrinfo' }) as unknown,
    });
  });

  it('tries candidates in order', async () => {
    const [busy, first, second] = [await squat(), await idlePort(), await idlePort()];
    expect((await open({ ports: [busy, busy, first, second] })).port).toBe(first);
    expect((await open({ ports: [busy, first, second] })).port).toBe(second);
    expect((await open({ ports: [busy, first, second, 0] })).port).not.toBe(0);
  });

  it('names the last candidate if none is free', async () => {
    const [one, two] = [await squat(), await squat()];
    await expect(open({ ports: [one, two] })).rejects.toMatchObject({ code: 'PORT_IN_USE', port: two });
  });

  it('names `port` if there is no candidate', async () => {
    await expect(open({ ports: [] })).rejects.toThrow('`port`');
  });

  it('hands on what the parser cannot read', async () => {
    const errors: string[] = [];
    const { port } = await open({ maxHeaderSize: 1024, requestTimeout: 50 }, answer, (error, socket) => {
      errors.push(error.code ?? '');
      socket.destroy();
    });
    const broken = await dial(port);
    broken.write('NONSENSE\r\n\r\n');
    await once(broken, 'close');
    const large = await dial(port);
    large.write(
      requestBytes('GET / HTTP/1.1', [
        ['Host', 'x'],
        ['Cookie', 'c'.repeat(2000)],
      ]),
    );
    await once(large, 'close');
    const slow = await dial(port);
    slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
    await once(slow, 'close');
    expect(errors).toEqual([expect.stringMatching(/^HPE_/), 'HPE_HEADER_OVERFLOW', 'ERR_HTTP_REQUEST_TIMEOUT']);
  });

  it('speaks TLS if it has a certificate', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const { port } = await open({ tls: { key, cert } });
    const [response] = (await once(
      getSecurely({ host: '127.0.0.1', port, ca: cert, checkServerIdentity: () => undefined, agent: false }),
      'response',
    )) as [{ statusCode: number; resume: () => void }];
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  it('reports an invalid certificate', async () => {
    await expect(open({ tls: { key: 'canary-key', cert: 'canary-cert' } })).rejects.toMatchObject({
      name: 'ServerError',
      code: 'SERVER_FAILED',
      message: expect.not.stringContaining('canary'),
      cause: expect.anything() as unknown,
    });
  });
});

describe('LoopbackListener', () => {
  it('frees the port at once', async () => {
    const { port } = await open();
    for (let count = 0; count < 20; count += 1) {
      await listeners.pop()?.close();
      expect((await open({ ports: [port] })).port).toBe(port);
    }
  });

  it('accepts no further connection', async () => {
    const listener = await open();
    await listener.close();
    await expect(dial(listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('may be called twice', async () => {
    const listener = await open();
    await Promise.all([listener.close(), listener.close()]);
    await listener.close();
  });

  itWithIpv6('ends silent, half-sent, kept-alive and busy connections promptly, on both families', async () => {
    let busy: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (busy = resolve));
    const listener = await open({ addresses: both }, (request, response) => {
      if (request.url === '/busy') busy();
      else answer(request, response);
    });
    const sockets: Socket[] = [];
    for (const host of both) {
      const silent = await dial(listener.port, host);
      const half = await dial(listener.port, host);
      half.write('GET / HTTP/1.1\r\nHos');
      const body = await dial(listener.port, host);
      body.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
      const kept = await dial(listener.port, host);
      kept.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(kept, 'data');
      const working = await dial(listener.port, host);
      working.write('GET /busy HTTP/1.1\r\nHost: x\r\n\r\n');
      sockets.push(silent, half, body, kept, working);
    }
    await arrived;
    // A connection is the server's once its side has accepted it, of which the last response is the proof.
    await Promise.all(both.map((host) => ask(listener.port, host)));
    const closed = Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
    const before = performance.now();
    await listener.close();
    expect(performance.now() - before).toBeLessThan(500);
    await closed;
  });

  it('ends connections over TLS', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const listener = await open({ tls: { key, cert } });
    const silent = await dial(listener.port);
    const request = getSecurely({
      host: '127.0.0.1',
      port: listener.port,
      ca: cert,
      checkServerIdentity: () => undefined,
    });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
    const closed = once(silent, 'close');
    await listener.close();
    await closed;
    request.destroy();
  });

  it('does not wait for a client that reads nothing', async () => {
    const listener = await open({}, (_request, response) => {
      response.write(Buffer.alloc(10_000_000));
    });
    const request = get({ host: '127.0.0.1', port: listener.port, agent: false });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    response.on('error', () => undefined);
    await listener.close();
    request.destroy();
  });
});
