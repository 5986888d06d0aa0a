import { describe, expect, it } from '@jest/globals';
import { checkedRedirectPath, checkedRedirectUri, PendingPage } from '#src/callback/callback-page.js';

interface Deferred {
  readonly promise: Promise<unknown>;
  readonly resolve: () => void;
  readonly reject: () => void;
}

function deferred(): Deferred {
  let resolve: () => void = () => undefined;
  let reject: () => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = () => {
      no(new Error('The exchange failed'));
    };
  });
  return { promise, resolve, reject };
}

describe('PendingPage', () => {
  it('shows success at once if it is not held', async () => {
    const page = new PendingPage(checkedRedirectUri);
    page.dispatched();
    expect(page.outcome).toBe('success');
    expect(await page.outcome).toBe('success');
  });

  it('shows success when what it waits for resolves', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    page.dispatched();
    const { outcome } = page;
    exchange.resolve();
    expect(await outcome).toBe('success');
  });

  it('shows failure when what it waits for rejects', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    page.dispatched();
    const { outcome } = page;
    exchange.reject();
    expect(await outcome).toBe('failed');
  });

  it('waits for all of several promises', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const [one, two] = [deferred(), deferred()];
    page.waitUntil(one.promise);
    page.waitUntil(two.promise);
    page.dispatched();
    const { outcome } = page;
    const order: string[] = [];
    void Promise.resolve(page.outcome).then(() => order.push('outcome'));
    one.resolve();
    await one.promise;
    order.push('one');
    two.resolve();
    expect(await outcome).toBe('success');
    expect(order).toEqual(['one', 'outcome']);
  });

  it('shows failure if one of several rejects, and ignores the others', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const [one, two] = [deferred(), deferred()];
    page.waitUntil(one.promise);
    page.waitUntil(two.promise);
    page.dispatched();
    const { outcome } = page;
    two.reject();
    one.resolve();
    expect(await outcome).toBe('failed');
  });

  it('waits for the handler, although a promise settles within it', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const [one, two] = [deferred(), deferred()];
    page.waitUntil(one.promise);
    one.resolve();
    await one.promise;
    page.waitUntil(two.promise);
    page.dispatched();
    const { outcome } = page;
    two.reject();
    expect(await outcome).toBe('failed');
  });

  it('accepts a promise that has settled already', async () => {
    const resolved = new PendingPage(checkedRedirectUri);
    resolved.waitUntil(Promise.resolve());
    resolved.dispatched();
    expect(await resolved.outcome).toBe('success');
    const rejected = new PendingPage(checkedRedirectUri);
    rejected.waitUntil(Promise.reject(new Error('The exchange failed')));
    rejected.dispatched();
    expect(await rejected.outcome).toBe('failed');
  });

  it('accepts a further promise while it is held', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const [one, two] = [deferred(), deferred()];
    page.waitUntil(one.promise);
    page.dispatched();
    const { outcome } = page;
    page.waitUntil(two.promise);
    one.resolve();
    two.reject();
    expect(await outcome).toBe('failed');
  });

  it('throws if the page has been sent already', async () => {
    const page = new PendingPage(checkedRedirectUri);
    page.dispatched();
    expect(() => {
      page.waitUntil(Promise.resolve());
    }).toThrow(TypeError);
    const held = new PendingPage(checkedRedirectUri);
    held.waitUntil(Promise.resolve());
    held.dispatched();
    await held.outcome;
    expect(() => {
      held.waitUntil(Promise.resolve());
    }).toThrow('`page.waitUntil`');
  });

  it('throws if the page has been sent with a failure, or by a stop, although something is still pending', async () => {
    const failed = new PendingPage(checkedRedirectUri);
    failed.waitUntil(Promise.reject(new Error('The exchange failed')));
    failed.dispatched();
    await failed.outcome;
    const released = new PendingPage(checkedRedirectUri);
    released.waitUntil(deferred().promise);
    released.dispatched();
    const { outcome } = released;
    released.settle('released');
    expect(await outcome).toBe('released');
    for (const page of [failed, released]) {
      expect(() => {
        page.waitUntil(Promise.resolve());
      }).toThrow(TypeError);
    }
  });

  it('is released once: what comes later changes nothing', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    page.dispatched();
    const { outcome } = page;
    page.settle('released');
    exchange.reject();
    expect(await outcome).toBe('released');
    page.settle('released');
    expect(await page.outcome).toBe('released');
  });

  it('keeps its outcome if it is released afterwards', async () => {
    const page = new PendingPage(checkedRedirectUri);
    page.dispatched();
    page.settle('released');
    expect(await page.outcome).toBe('success');
  });

  it('leaves no rejection of its own unhandled', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    exchange.reject();
    // Jest fails a run with an unhandled rejection; the app’s own promise counts as handled by the page.
    page.dispatched();
    expect(await page.outcome).toBe('failed');
  });

  it('redirects by the outcome, and only if it was asked to', async () => {
    const page = new PendingPage(checkedRedirectUri);
    const exchange = deferred();
    page.redirect('https://app.example/failed', { on: 'failure' });
    page.waitUntil(exchange.promise);
    page.dispatched();
    page.redirect('https://app.example/welcome');
    exchange.resolve();
    expect(await page.outcome).toBe('success');
    expect(page.redirectFor('success')).toBe('https://app.example/welcome');
    expect(page.redirectFor('failed')).toBe('https://app.example/failed');
    expect(page.redirectFor('released')).toBeUndefined();
  });

  it('throws for a redirect that comes too late', () => {
    const page = new PendingPage(checkedRedirectUri);
    page.dispatched();
    expect(() => {
      page.redirect('https://app.example/');
    }).toThrow(TypeError);
  });

  it('ignores a redirect of a page that was released, since the sign-in goes on', () => {
    const page = new PendingPage(checkedRedirectUri);
    page.waitUntil(deferred().promise);
    page.dispatched();
    page.settle('released');
    page.redirect('https://app.example/');
    expect(page.redirectFor('released')).toBeUndefined();
  });

  it('rejects another `on`', () => {
    const page = new PendingPage(checkedRedirectUri);
    expect(() => {
      page.redirect('https://app.example/', { on: 'always' as never });
    }).toThrow(/`on`/);
  });
});

describe('checkedRedirectUri', () => {
  it.each(['https://app.example/x?y#z', 'http://127.0.0.1:3000/', 'http://[::1]/', 'http://localhost:80/a'])(
    'accepts %s',
    (uri) => {
      expect(checkedRedirectUri(uri)).toBe(new URL(uri).href);
    },
  );

  it.each([
    'http://app.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    '/path',
    'http://127.0.0.1.evil.test/',
    '',
  ])('rejects %j', (uri) => {
    expect(() => checkedRedirectUri(uri)).toThrow(/`uri`/);
  });
});

describe('checkedRedirectPath', () => {
  it.each(['/', '/profile', '/a?b=c#d'])('accepts %s', (path) => {
    expect(checkedRedirectPath(path)).toBe(path);
  });

  it.each(['//evil.test', 'https://evil.test/', 'profile', '/\\evil.test', '/a\nb', ''])('rejects %j', (path) => {
    expect(() => checkedRedirectPath(path)).toThrow(/`uri`/);
  });

  it('rejects what only looks like a path, such as a query parameter that came twice', () => {
    for (const path of [
      ['/profile'],
      ['/profile', '/other'],
      { toString: () => '/profile' },
      new URL('https://a.example/'),
    ]) {
      expect(() => checkedRedirectPath(path as never)).toThrow(/`uri`/);
    }
  });
});
