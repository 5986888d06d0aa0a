import type { ServerResponse } from 'node:http';
import { randomBase64url } from '../oauth/random-and-digest.js';
import { Html, html } from './html.js';
import type { Page } from './pages.js';

const style = new Html(`
:root {
  color-scheme: light dark;
  --page: #eef2f1; --card: #fff; --text: #14211f; --soft: #4d5f5b; --line: #b7c5c1;
  --action: #0a6650; --on-action: #fff; --tint: #e0efea; --bad: #9f2418; --bad-tint: #fbeae7; --notice: #ffd34d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1615; --card: #172321; --text: #eaf3f0; --soft: #a9bcb6; --line: #48605a;
    --action: #74d9b8; --on-action: #06231b; --tint: #21362f; --bad: #ffb0a4; --bad-tint: #452320; --notice: #e0b02e;
  }
}
* { box-sizing: border-box; margin: 0; }
body { min-height: 100vh; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header { padding: .5rem 1rem; background: var(--notice); color: #231a00; font-size: .875rem; text-align: center; }
main { max-width: 28rem; margin: 0 auto; padding: clamp(1rem, 5vh, 3rem) 1rem 2rem; }
section { padding: clamp(1.25rem, 6vw, 2rem); border: 1px solid var(--line); border-radius: .75rem; background: var(--card); }
h1 { font-size: 1.5rem; line-height: 1.25; }
h1 + p { margin-top: .5rem; color: var(--soft); }
h2, fieldset, .field { display: block; margin-top: 1.5rem; padding: 0; border: 0; }
h2, legend, .field { padding: 0; font-size: 1rem; font-weight: 650; }
fieldset label {
  display: flex; align-items: center; gap: .75rem; margin-top: .5rem; padding: .75rem; cursor: pointer;
  border: 1px solid var(--line); border-radius: .5rem;
}
label:has(:checked) { border-color: var(--action); background: var(--tint); }
label:has(:focus-visible) { outline: 3px solid var(--action); outline-offset: 2px; }
[type=radio] { flex: none; width: 1.125rem; height: 1.125rem; accent-color: var(--action); outline: none; }
.face { flex: none; width: 2.5rem; border-radius: 50%; background: var(--action); color: var(--on-action); font-weight: 650; line-height: 2.5rem; text-align: center; }
.who { min-width: 0; }
small { display: block; color: var(--soft); font-size: .875rem; }
b { display: block; font-weight: 650; }
ul { margin-top: .25rem; padding: 0; list-style: none; }
li { position: relative; padding: .5rem 0 .5rem 1.75rem; }
li + li { border-top: 1px solid var(--tint); }
/* Drawn, because a headless browser's only font may have no check mark. */
li::before {
  content: ''; position: absolute; top: .875rem; left: .25rem; width: .75rem; height: .375rem;
  border: solid var(--action); border-width: 0 0 .125rem .125rem; transform: rotate(-45deg);
}
input:not([type]) {
  width: 100%; min-height: 2.875rem; margin-top: .375rem; padding: 0 .75rem; border: 1px solid var(--soft); border-radius: .5rem;
  background: var(--page); color: inherit; font: 1.25rem ui-monospace, monospace; text-transform: uppercase; letter-spacing: .1em;
}
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
button {
  flex: 1 1 8rem; min-height: 2.875rem; padding: .375rem 1.25rem; border: 1px solid var(--action); border-radius: .5rem;
  background: var(--action); color: var(--on-action); font: inherit; font-weight: 650; cursor: pointer;
}
button:hover { filter: brightness(1.08); }
button.plain { background: none; color: var(--action); }
:focus-visible { outline: 3px solid var(--action); outline-offset: 2px; }
.problem { margin-top: 1rem; padding: .75rem 1rem; border-left: 4px solid var(--bad); background: var(--bad-tint); color: var(--bad); }
.hint { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--tint); color: var(--soft); font-size: .9375rem; }
code { padding: .0625rem .3125rem; border-radius: .1875rem; background: var(--tint); color: var(--text); font-size: .9375em; }
.big { font-size: 1.25rem; letter-spacing: .05em; white-space: nowrap; }
`);

/** Sends a page, with a policy that allows its style and script only. */
export function sendPage(response: ServerResponse, { status = 200, title, body, script }: Page): void {
  const nonce = randomBase64url(16);
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} · Test sign-in</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <style nonce="${nonce}">
          ${style}
        </style>
      </head>
      <body>
        <header><strong>Test sign-in.</strong> It runs on this computer; no real account is involved.</header>
        <main><section>${body}</section></main>
        ${
          script &&
          html`<script nonce="${nonce}">
            ${script};
          </script>`
        }
      </body>
    </html> `.text;
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    // No form-action: Chromium applies it to each redirect that follows a form, and the app's callback may lead anywhere.
    'Content-Security-Policy':
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src data:; ` +
      "base-uri 'none'; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
    // The origin only. Without any referrer, a form_post response would reach the app with `Origin: null`.
    'Referrer-Policy': 'strict-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
  response.end(document);
}
