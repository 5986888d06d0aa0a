import { describe, expect, it } from '@jest/globals';
import { GrantPage } from '#src/callback/callback-page.js';

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

describe('GrantPage', () => {
  it('shows success at once where nobody waits', async () => {
    const page = new GrantPage();
    expect(page.dispatched()).toBe('success');
    expect(await page.outcome).toBe('success');
  });

  it('shows success when what it waits for resolves', async () => {
    const page = new GrantPage();
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    const outcome = page.dispatched();
    exchange.resolve();
    expect(await outcome).toBe('success');
  });

  it('shows failure when what it waits for rejects', async () => {
    const page = new GrantPage();
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    const outcome = page.dispatched();
    exchange.reject();
    expect(await outcome).toBe('failed');
  });

  it('waits for all where it is told of several', async () => {
    const page = new GrantPage();
    const [one, two] = [deferred(), deferred()];
    page.waitUntil(one.promise);
    page.waitUntil(two.promise);
    const outcome = page.dispatched();
    const order: string[] = [];
    void page.outcome.then(() => order.push('outcome'));
    one.resolve();
    await one.promise;
    order.push('one');
    two.resolve();
    expect(await outcome).toBe('success');
    expect(order).toEqual(['one', 'outcome']);
  });

  it('shows failure where one of several rejects, whatever becomes of the others', async () => {
    const page = new GrantPage();
    const [one, two] = [deferred(), deferred()];
    page.waitUntil(one.promise);
    page.waitUntil(two.promise);
    const outcome = page.dispatched();
    two.reject();
    one.resolve();
    expect(await outcome).toBe('failed');
  });

  it('does not take a promise that settles within the handler for the end of the handler', async () => {
    const page = new GrantPage();
    const [one, two] = [deferred(), deferred()];
    page.waitUntil(one.promise);
    one.resolve();
    await one.promise;
    page.waitUntil(two.promise);
    const outcome = page.dispatched();
    two.reject();
    expect(await outcome).toBe('failed');
  });

  it('takes a promise that has settled already', async () => {
    const resolved = new GrantPage();
    resolved.waitUntil(Promise.resolve());
    expect(await resolved.dispatched()).toBe('success');
    const rejected = new GrantPage();
    rejected.waitUntil(Promise.reject(new Error('The exchange failed')));
    expect(await rejected.dispatched()).toBe('failed');
  });

  it('takes a further promise while it is held', async () => {
    const page = new GrantPage();
    const [one, two] = [deferred(), deferred()];
    page.waitUntil(one.promise);
    const outcome = page.dispatched();
    page.waitUntil(two.promise);
    one.resolve();
    two.reject();
    expect(await outcome).toBe('failed');
  });

  it('throws where it has been answered already', async () => {
    const page = new GrantPage();
    void page.dispatched();
    expect(() => {
      page.waitUntil(Promise.resolve());
    }).toThrow(TypeError);
    const held = new GrantPage();
    held.waitUntil(Promise.resolve());
    await held.dispatched();
    expect(() => {
      held.waitUntil(Promise.resolve());
    }).toThrow('`page.waitUntil`');
  });

  it('throws where it has been answered with a failure, or by a stop, although something is pending still', async () => {
    const failed = new GrantPage();
    failed.waitUntil(Promise.reject(new Error('The exchange failed')));
    await failed.dispatched();
    const released = new GrantPage();
    released.waitUntil(deferred().promise);
    const outcome = released.dispatched();
    released.release();
    expect(await outcome).toBe('released');
    for (const page of [failed, released]) {
      expect(() => {
        page.waitUntil(Promise.resolve());
      }).toThrow(TypeError);
    }
  });

  it('is released once: what comes later changes nothing', async () => {
    const page = new GrantPage();
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    const outcome = page.dispatched();
    page.release();
    exchange.reject();
    expect(await outcome).toBe('released');
    page.release();
    expect(await page.outcome).toBe('released');
  });

  it('keeps its outcome where it is released afterwards', async () => {
    const page = new GrantPage();
    void page.dispatched();
    page.release();
    expect(await page.outcome).toBe('success');
  });

  it('leaves no rejection of its own unhandled', async () => {
    const page = new GrantPage();
    const exchange = deferred();
    page.waitUntil(exchange.promise);
    exchange.reject();
    // Jest fails a run with an unhandled rejection; the app’s own promise counts as handled by the page.
    expect(await page.dispatched()).toBe('failed');
  });
});
