import { describe, expect, it } from '@jest/globals';
import { checkedRedirectPath, checkedRedirectUri, noteOf, PendingPage } from '#src/callback/callback-page.js';

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

describe('PendingPage.message', () => {
  it('keeps the last line, for the page and the terminal', () => {
    const page = new PendingPage();
    expect(noteOf(page)).toBeUndefined();
    page.message('as bob@example.com');
    page.message('as ada@example.com');
    page.dispatched();
    expect([page.note, noteOf(page)]).toEqual(['as ada@example.com', 'as ada@example.com']);
  });

  it.each([
    ['as\n\tada\u0000 \u001b[31m', 'as ada [31m'],
    ['\u202eada\u202c \u2067x\u2069 \u200f\u061cy\ufeff', 'ada x y'],
    ['\u0085\u2028 ', undefined],
    ['<b>ada</b>', '<b>ada</b>'],
    ['\ud800', '\ufffd'],
    ['\u{1f600}'.repeat(300), '\u{1f600}'.repeat(200)],
  ])('removes what is no plain text, and cuts at 200 characters: %j', (text, note) => {
    const page = new PendingPage();
    page.message(text);
    expect(page.note).toBe(note);
  });

  it('is accepted until the outcome is known, and ignored if the app went on before', async () => {
    const page = new PendingPage();
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    page.dispatched();
    page.message('as ada@example.com');
    exchange.resolve();
    expect(await page.outcome).toBe('success');
    expect(() => {
      page.message('later');
    }).toThrow('`page.message`');
    const released = new PendingPage();
    released.settle('released');
    released.message('later');
    expect(released.note).toBeUndefined();
  });

  it('requires a string', () => {
    expect(() => {
      new PendingPage().message(5 as never);
    }).toThrow(new TypeError('`text` must be a string'));
  });
});

describe('PendingPage.failureCode', () => {
  it.each([
    ['EXCHANGE_FAILED', 'EXCHANGE_FAILED'],
    ['invalid_grant', 'invalid_grant'],
    ['a b', undefined],
    ['<b>', undefined],
    ['x'.repeat(65), undefined],
    [5, undefined],
    [undefined, undefined],
  ])('is the code of the error if that is a word: %j', async (code, shown) => {
    const page = new PendingPage();
    page.waitUntil(Promise.reject(Object.assign(new Error('The exchange failed'), { code })));
    page.dispatched();
    expect(await page.outcome).toBe('failed');
    expect(page.failureCode).toBe(shown);
  });

  it('is none of an error that comes after the outcome, or of what is no error', () => {
    const page = new PendingPage();
    page.dispatched();
    page.settle('failed', { code: 'LATE' });
    expect(page.failureCode).toBeUndefined();
    const other = new PendingPage();
    other.settle('failed', null);
    expect([other.outcome, other.failureCode]).toEqual(['failed', undefined]);
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
