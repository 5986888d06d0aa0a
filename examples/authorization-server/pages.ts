import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { User } from './accounts.js';
import { html, type Html } from './html.js';
import { pageStyle } from './page-style.js';

/** A page of this server. */
export interface Page {
  readonly status?: number;
  readonly title: string;
  readonly body: Html;
  /** A script that the page may run. */
  readonly script?: Html;
  /** Whether a form of the page leads to the app in the end. */
  readonly leadsToApp?: boolean;
}

const scopeTexts: Readonly<Record<string, string>> = {
  profile: 'See your name and user id',
  email: 'See your email address',
  openid: 'Know who you are',
  offline_access: 'Keep access while you are away',
  'user-read-email': 'See your email address',
  'user-read-private': 'See your account details',
};

export function sendPage(res: ServerResponse, page: Page): void {
  const nonce = randomBytes(16).toString('base64');
  // Chrome holds each redirect that follows a form to form-action, and only the app knows where its callback leads.
  const formAction = page.leadsToApp ? '' : "; form-action 'self'";
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${page.title} · Demo authorization server</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <style nonce="${nonce}">
          ${pageStyle}
        </style>
      </head>
      <body>
        <p class="notice">
          <strong>DEMO authorization server.</strong> No real account: never type a real password here.
        </p>
        <header>
          <p>Demo Accounts<span>It runs on this computer, as a stand-in for a real sign-in service.</span></p>
        </header>
        <main><section>${page.body}</section></main>
        ${
          page.script &&
          html`<script nonce="${nonce}">
            ${page.script};
          </script>`
        }
      </body>
    </html> `.text;
  res.writeHead(page.status ?? 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(document),
    'Content-Security-Policy':
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src data:; ` +
      `base-uri 'none'; frame-ancestors 'none'${formAction}`,
    'Cache-Control': 'no-store',
    // The origin only: with no referrer at all, a form_post answer would reach the app with `Origin: null`.
    'Referrer-Policy': 'strict-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
  res.end(document);
}

/** What the login page shows. */
export interface LoginPage {
  readonly waitingId: string;
  readonly appName: string;
  /** The name that was typed with a wrong password. */
  readonly failedUsername?: string | undefined;
  /** Whose names and passwords the page may tell. */
  readonly hints: readonly User[];
}

export function loginPage({ waitingId, appName, failedUsername, hints }: LoginPage): Page {
  const failed = failedUsername !== undefined;
  return {
    status: failed ? 403 : 200,
    title: failed ? 'Wrong password' : 'Sign in',
    body: html`<h1>Sign in</h1>
      <p>to go on to ${appName}</p>
      ${failed ? html`<p class="problem" id="problem" role="alert">The username or the password is wrong.</p>` : undefined}
      <form method="post" action="/login">
        <input type="hidden" name="waiting" value="${waitingId}" />
        <label for="username">Username</label>
        <input
          id="username"
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          value="${failedUsername ?? ''}"
          ${failed ? undefined : html`autofocus`}
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          ${failed ? html`autofocus aria-describedby="problem"` : undefined}
        />
        <div class="buttons"><button id="sign-in">Sign in</button></div>
      </form>
      ${hints.length === 0 ? undefined : html`<p class="hint">Demo accounts: ${hints.map(hintOf)}</p>`}`,
  };
}

function hintOf(user: User, index: number): Html {
  return html`${index === 0 ? '' : ' or '}<span
      ><code>${user.username}</code> with <code>${user.password}</code></span
    >`;
}

/** What the consent page shows. */
export interface ConsentPage {
  readonly appName: string;
  readonly redirectUri: string;
  readonly scope: readonly string[];
  readonly transactionId: string;
  readonly user: User;
}

export function consentPage({ appName, redirectUri, scope, transactionId, user }: ConsentPage): Page {
  const { display_name: name, email } = user.profile;
  const { protocol, host } = new URL(redirectUri);
  return {
    title: `Allow ${appName}`,
    leadsToApp: true,
    body: html`<h1>${appName} wants to use your account</h1>
      <div class="who">
        <span class="face" aria-hidden="true">${name.slice(0, 1)}</span>
        <p><b>${name}</b><small>${email}</small></p>
      </div>
      <h2>It asks to</h2>
      <ul>
        ${scope.length === 0 ? html`<li>Know who you are</li>` : scope.map(scopeItem)}
      </ul>
      <form method="post" action="/decision">
        <input type="hidden" name="transaction_id" value="${transactionId}" />
        <div class="buttons">
          <button id="allow" name="decision" value="allow">Allow</button>
          <button id="deny" name="decision" value="deny" class="plain">Deny</button>
        </div>
      </form>
      <p class="hint">Either way you go back to <code>${host === '' ? protocol : `${protocol}//${host}`}</code></p>`,
  };
}

function scopeItem(name: string): Html {
  const text = Object.hasOwn(scopeTexts, name) ? scopeTexts[name] : undefined;
  return text === undefined ? html`<li>${name}</li>` : html`<li>${text}<small>${name}</small></li>`;
}

/** OAuth 2.0 Form Post Response Mode: the browser carries the answer to the app in a form. */
export function formPostPage(redirectUri: string, params: readonly (readonly [string, string])[]): Page {
  return {
    title: 'Back to the app',
    leadsToApp: true,
    body: html`<h1>Back to the app</h1>
      <p>If nothing happens, press the button.</p>
      <form method="post" action="${redirectUri}">
        ${params.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <div class="buttons"><button id="continue">Continue</button></div>
      </form>`,
    script: html`document.forms[0].submit();`,
  };
}

export function errorPage(status: number, title: string, message: string): Page {
  return {
    status,
    title,
    body: html`<h1>${title}</h1>
      <p>${message}</p>
      <p class="hint">You can close this tab and start again from the app.</p>`,
  };
}
