import { html, type Html } from './html.js';

/** What the pages show of a signed-in user. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly email: string | undefined;
}

/** The front page for users who are not signed in. */
export function frontPage(providerName: string, offersImplicit: boolean): string {
  return page(
    'Welcome',
    html`<h1>Tidewater</h1>
      <p>Tide tables for your harbour. Sign in to see yours.</p>
      <form method="post" action="/login">
        <button name="flow" value="code">Sign in</button>
        ${
          offersImplicit
            ? html`<button class="plain" name="flow" value="token">Sign in by implicit grant</button>`
            : undefined
        }
      </form>
      <p class="hint">You sign in with ${providerName}.</p>`,
  );
}

/** The page that only signed-in users see. */
export function profilePage({ id, name, email }: Profile): string {
  return page(
    'Your profile',
    html`<h1>Hello, ${name}</h1>
      <dl>
        <dt>User id</dt>
        <dd>${id}</dd>
        <dt>Email address</dt>
        <dd>${email ?? 'unknown'}</dd>
      </dl>
      <form method="post" action="/logout"><button class="plain">Sign out</button></form>`,
  );
}

/** The page for a failure of this server. The details are in its log. */
export function errorPage(advice: string): string {
  return page(
    'That did not work',
    html`<h1>That did not work</h1>
      <p>The server failed. ${advice}</p>
      <p><a href="/">To the front page</a></p>`,
  );
}

function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} · Tidewater</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.text;
}

/** The style sheet of every page. */
export const styleSheet = `
:root { color-scheme: light dark; --page: #eef4f5; --card: #fff; --text: #10272e; --soft: #4b636b; --line: #c3d3d7; --action: #0b6275; --on-action: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0a1a1f; --card: #11272e; --text: #e8f3f5; --soft: #a3bcc3; --line: #35535c; --action: #7fd3e6; --on-action: #04232b; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { width: min(28rem, 100%); padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0.75rem 0 0; }
.hint, dt { color: var(--soft); font-size: 0.9375rem; }
dl { margin: 1rem 0 0; }
dd { margin: 0 0 0.75rem; }
form { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }
button { flex: 1 1 10rem; min-height: 2.75rem; padding: 0.5rem 1rem; border: 1px solid var(--action); border-radius: 0.5rem; background: var(--action); color: var(--on-action); font: inherit; font-weight: 600; cursor: pointer; }
button.plain { background: none; color: var(--action); }
a { color: var(--action); }
:focus-visible { outline: 3px solid var(--action); outline-offset: 2px; }
`;
