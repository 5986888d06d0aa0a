import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RawResponse } from '../helpers/raw.js';
import { navigation, withServer } from '../helpers/with-server.js';

const evil = `<script>alert(1)</script>"><img src=x onerror=alert(1)>'\`\${alert(1)}</title></textarea>--><!--]]>`;

/** The scripts that the page will run, as their text, and whether the policy allows them. */
function scriptsOf(page: RawResponse): { allowed: number; other: number } {
  const nonce = /script-src[^;]*'nonce-([^']+)'/.exec(page.headers.get('content-security-policy') ?? '')?.[1] ?? '';
  const tags = [...page.body.matchAll(/<script(?: nonce="([^"]*)")?>/g)];
  return {
    allowed: tags.filter(([, found]) => found === nonce && nonce !== '').length,
    other: tags.filter(([, found]) => found !== nonce).length,
  };
}

describe('The page', () => {
  it('shows nothing of the request, script or not (R7)', () =>
    withServer(
      async (arena) => {
        const provider = new URLSearchParams({
          error: evil,
          error_description: evil,
          error_uri: evil,
          [evil]: evil,
          state: arena.request.state,
        }).toString();
        const foreign = new URLSearchParams({ error_description: evil, code: evil, state: evil }).toString();
        for (const [status, target] of [
          [200, `/callback?${provider}`],
          [400, `/callback?${foreign}`],
          [200, `/callback?next=${encodeURIComponent(evil)}`],
          [404, `/${encodeURIComponent(evil)}`],
        ] as const) {
          const page = await arena.get(target, [
            ...navigation,
            ['Accept-Language', evil],
            ['Referer', evil],
            ['User-Agent', evil],
          ]);
          expect(page.status).toBe(status);
          expect(page.text).not.toMatch(/alert|onerror|src=x/);
          expect(page.text).not.toContain(arena.request.state);
        }
        const [event] = arena.told;
        expect(event?.value).toMatchObject({ error: evil, errorDescription: evil, errorUri: evil });
      },
      { events: 1 },
    ));

  it.each([
    ['</script>', `<html><head><script>var a = '</script>';</head><body><p data-auth-message></p></body></html>`],
    ['<base>', '<html><head><base href="https://evil.test/"></head><body><p data-auth-message></p></body></html>'],
    ['$&', "<html><head><title>$& $1 $` $' $$ $<a></title></head><body>$&<p data-auth-message></p></body></html>"],
    ['a comment', '<!-- <html><head></head> --><html><!-- <head> --><body><p data-auth-message></p></body></html>'],
    ['an open comment', '<html><body><p data-auth-message></p></body></html><!-- '],
    [
      'an attribute with tags',
      '<html title="<head><script>"><body><p data-auth-message title="</p>"></p></body></html>',
    ],
    ['no head', '<html><p data-auth-message></p></html>'],
  ])('keeps its own script if the template has %s (R7, R17)', (_name, template) =>
    withServer(
      async (arena) => {
        const page = await arena.get('/callback', navigation);
        expect(page.status).toBe(200);
        const first = page.body.indexOf('data-auth-page');
        expect(first).toBeGreaterThan(-1);
        expect(scriptsOf(page).allowed).toBeGreaterThanOrEqual(1);
        // The custom page is unchanged, except for what was inserted.
        for (const piece of template.split(/(?<=>)/)) {
          const [start] = piece.split('>');
          expect(page.body).toContain(start?.replace(/^<html.*$/, '<html'));
        }
        expect(page.headers.get('content-security-policy')).toMatch(/base-uri 'none'/);
        const { status, body } = await arena.forward(`error=access_denied&state=${arena.request.state}`);
        expect([status, body.includes('denied')]).toEqual([200, true]);
      },
      { template, events: 1 },
    ),
  );

  it.each([
    '</script><script>alert(1)</script>',
    '<base href=//evil.test>',
    "$& $1 $` $'",
    '"><svg onload=alert(1)>',
    '<!--',
  ])('writes the app name and texts as text: %s (R7)', (text) =>
    withServer(
      async (arena) => {
        const page = await arena.get('/callback', navigation);
        expect(scriptsOf(page)).toEqual({ allowed: 1, other: 0 });
        expect(page.body).not.toMatch(/<script>alert|<base|<svg onload|<!--/);
        const escaped = text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
        expect(page.body).toContain(`<p data-auth-app-name>${escaped}</p>`);
      },
      { appName: text, texts: { pending: { heading: text, message: `${text}{app}` } } },
    ),
  );

  it('R17: sends its headers with everything, and a fresh nonce with every page', () =>
    withServer(async (arena) => {
      const nonces = new Set<string>();
      for (const [target, status] of [
        ['/callback', 200],
        ['/callback', 200],
        ['/callback?code=theirs&state=theirs', 400],
        ['/favicon.ico', 404],
        ['/token', 405],
        ['/auth_assets/main.js', 200],
      ] as const) {
        const page = await arena.get(target, navigation);
        expect([target, page.status]).toEqual([target, status]);
        expect(Object.fromEntries(page.headers)).toMatchObject({
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
        });
        const policy = page.headers.get('content-security-policy') ?? '';
        if (target.startsWith('/callback')) {
          expect(policy).toMatch(/script-src 'nonce-[\w-]{22,}'(;|$)/);
          nonces.add(/'nonce-([\w-]+)'/.exec(policy)?.[1] ?? '');
          expect(policy).not.toMatch(/unsafe|\*|https?:/);
          for (const directive of ['base-uri', 'form-action']) expect(policy).toContain(`${directive} 'none'`);
        }
        if (target !== '/auth_assets/main.js') {
          expect(policy).toContain("default-src 'none'");
          expect(policy).toContain("frame-ancestors 'none'");
        }
      }
      expect(nonces.size).toBe(3);
      const answer = await arena.forward('access_token=theirs&state=theirs');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    }));

  it('R17: lets an app widen the policy, but for frame-ancestors', async () => {
    await withServer(
      async (arena) => {
        const policy = (await arena.get('/callback', navigation)).headers.get('content-security-policy');
        expect(policy).toMatch(/script-src 'self' 'nonce-[\w-]+' https:\/\/d3js\.org;/);
        expect(policy).toContain("frame-ancestors 'none'");
      },
      {
        template: '<html><p data-auth-message></p></html>',
        contentSecurityPolicy: { 'script-src': ['https://d3js.org'] },
      },
    );
    for (const contentSecurityPolicy of [
      { 'frame-ancestors': ['*'] },
      { 'img-src': ["'self'; frame-ancestors *"] },
      { 'img-src, x': ['*'] },
    ] as Record<string, string[]>[]) {
      await expect(withServer(() => Promise.resolve(), { contentSecurityPolicy })).rejects.toThrow(TypeError);
    }
  });

  it('R19: has its own response for each rejection: text, JSON for the script, a page for a browser', () =>
    withServer(async (arena) => {
      for (const [startLine, status, headers, type] of [
        ['GET /nothing HTTP/1.1', 404, [], 'text/plain'],
        ['DELETE /callback HTTP/1.1', 405, [], 'text/plain'],
        ['POST /callback HTTP/1.1', 415, [], 'text/plain'],
        ['POST /token HTTP/1.1', 403, [], 'application/json'],
        ['GET callback HTTP/1.1', 400, [], 'text/plain'],
        ['GET /x HTTP/9.9', 400, [], 'text/plain'],
        ['GET /nothing HTTP/1.1', 404, [['Accept', 'text/html']], 'text/html'],
        ['POST /callback HTTP/1.1', 415, [['Accept', 'text/html,*/*']], 'text/html'],
        ['GET http://evil.test/callback HTTP/1.1', 421, [['Accept', 'text/html']], 'text/html'],
      ] as const) {
        const page = await arena.ask(startLine, headers);
        expect([startLine, page.status, page.headers.get('content-type')]).toEqual([
          startLine,
          status,
          `${type}; charset=utf-8`,
        ]);
        expect(page.body).not.toMatch(/Error\b(?! code:)|\n\s+at |Express|Cannot GET|node:|node_modules/);
        expect(page.headers.has('x-powered-by')).toBe(false);
        expect(page.headers.has('server')).toBe(false);
      }
    }));

  it('R24: a file as template is the only file that is served', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'file-'));
    await writeFile(join(folder, 'page.html'), '<html><p data-auth-message></p></html>');
    await writeFile(join(folder, 'other.txt'), 'secret');
    try {
      await withServer(
        async (arena) => {
          expect((await arena.get('/other.txt')).status).toBe(404);
          expect((await arena.get('/page.html')).status).toBe(404);
        },
        { templatePath: join(folder, 'page.html') },
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
