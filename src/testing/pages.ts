import type { Account } from './accounts.js';
import type { Client } from './clients.js';
import { html, type Html } from './html.js';

/** A page of the test authorization server. */
export interface Page {
  readonly status?: number;
  readonly title: string;
  readonly body: Html;
  readonly script?: Html;
}

/** What the consent page shows. */
export interface ConsentPage {
  /** Where its form is posted; the query carries the authorization request. */
  readonly action: string;
  readonly client: Client;
  readonly scope: string | undefined;
  readonly accounts: readonly Account[];
  readonly preselected: Account | undefined;
  /** Where the user gets back to: the app's address, or a device with this user code. */
  readonly target: { readonly redirectUri: string } | { readonly userCode: string };
}

const scopeTexts: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name and user id',
  email: 'See your email address',
  offline_access: 'Keep access while you are away',
};

/** Lets the user choose an account, and allow or deny what the app asks for. */
export function consentPage({ action, client, scope = '', accounts, preselected, target }: ConsentPage): Page {
  const scopes = [...new Set(scope.split(' '))].filter((name) => name !== '');
  return {
    title: `Sign in to ${client.name}`,
    body: html`<h1>Sign in to ${client.name}</h1>
      ${'userCode' in target ? html`<p>Your device must show <code class="big">${target.userCode}</code></p>` : undefined}
      <form method="post" action="${action}">
        <fieldset>
          <legend>Choose an account</legend>
          ${accounts.map((account) => accountChoice(account, account === preselected))}
        </fieldset>
        <h2>${client.name} asks to</h2>
        <ul>
          ${scopes.length === 0 ? html`<li>Know who you are</li>` : scopes.map(scopeItem)}
        </ul>
        <div class="buttons">
          <button id="allow" name="decision" value="allow">Allow</button>
          <button id="deny" name="decision" value="deny" class="plain">Deny</button>
        </div>
      </form>
      ${
        'redirectUri' in target
          ? html`<p class="hint">Either way you go back to <code>${displayOrigin(target.redirectUri)}</code></p>`
          : undefined
      }`,
  };
}

function accountChoice({ id, profile }: Account, isChosen: boolean): Html {
  const { name, display_name: displayName, email } = profile;
  const shown = [name, displayName, id].find((text): text is string => typeof text === 'string') ?? id;
  return html`<label
    ><input type="radio" name="account" value="${id}" ${isChosen ? html`checked` : undefined} /><span
      class="face"
      aria-hidden="true"
      >${shown.slice(0, 1).toUpperCase()}</span
    ><span class="who"
      ><b>${shown}</b>${typeof email === 'string' ? html`<small>${email}</small>` : undefined}</span
    ></label
  >`;
}

function scopeItem(name: string): Html {
  const text = Object.hasOwn(scopeTexts, name) ? scopeTexts[name] : undefined;
  return text === undefined ? html`<li>${name}</li>` : html`<li>${text} <small>${name}</small></li>`;
}

function displayOrigin(uri: string): string {
  const { protocol, host } = new URL(uri);
  return host === '' ? protocol : `${protocol}//${host}`;
}

/** Asks for the code that a device shows (RFC 8628, section 3.3). */
export function userCodePage(action: string, typed: string): Page {
  const isWrong = typed !== '';
  return {
    status: isWrong ? 404 : 200,
    title: isWrong ? 'Unknown code' : 'Connect a device',
    body: html`<h1>Connect a device</h1>
      <p>Enter the code that your device shows.</p>
      ${isWrong ? html`<p class="problem" id="problem" role="alert">No device waits with this code.</p>` : undefined}
      <form method="get" action="${action}">
        <label for="user_code" class="field">Code</label>
        <input
          id="user_code"
          name="user_code"
          value="${typed}"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          required
          ${isWrong ? html`aria-describedby="problem"` : undefined}
        />
        <div class="buttons"><button id="continue">Continue</button></div>
      </form>`,
  };
}

/** The end of a device's sign-in. The test user agent recognizes it by `data-device-decided`. */
export function deviceDecidedPage(decision: 'allow' | 'deny'): Page {
  const heading = decision === 'allow' ? 'Your device is connected' : 'You denied the request';
  return {
    title: heading,
    body: html`<div data-device-decided="${decision}">
      <h1>${heading}</h1>
      <p>You can close this tab and go back to your device.</p>
    </div>`,
  };
}

/**
 * Posts the authorization response to the redirect URI.
 *
 * @see [OAuth 2.0 Form Post Response Mode](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html)
 */
export function formPostPage(action: string, params: Readonly<Record<string, string>>): Page {
  return {
    title: 'Back to the app',
    body: html`<h1>Back to the app</h1>
      <p>If nothing happens, press the button.</p>
      <form method="post" action="${action}">
        ${Object.entries(params).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <div class="buttons"><button id="continue">Continue</button></div>
      </form>`,
    script: html`document.forms[0].submit();`,
  };
}

/** Says why the browser is not redirected. */
export function errorPage(problem: string): Page {
  return {
    status: 400,
    title: 'This sign-in cannot go on',
    body: html`<h1>This sign-in cannot go on</h1>
      <p class="problem">${problem}</p>
      <p class="hint">Nothing was sent to the app. You can close this tab and start again from the app.</p>`,
  };
}
