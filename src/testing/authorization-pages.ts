import { escapeHtml } from '../page/html-template.js';

const style =
  ':root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}body{max-width:30rem;margin:15vh auto;padding:0 1rem}' +
  'button{font:inherit;padding:.5rem 1.25rem;margin-inline-end:.75rem}';

/** Asks the person. The form carries the request on, in its action. */
export function consentPage(action: string, clientId: string, scope: string | undefined): string {
  const wish = scope === undefined ? 'sign you in' : `sign you in, with the scopes ${scope}`;
  return page(
    'Test sign-in',
    `<p>${escapeHtml(`The app ${clientId} wishes to ${wish}.`)}</p><form method="post" action="${escapeHtml(action)}">` +
      '<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>',
  );
}

/**
 * Posts the response to the redirect URI.
 *
 * @see [OAuth 2.0 Form Post Response Mode](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html)
 */
export function formPostPage(action: string, params: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(params).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return page(
    'Back to the app',
    `<form method="post" action="${escapeHtml(action)}">${inputs.join('')}<noscript><button>Continue</button></noscript>` +
      '</form><script>document.forms[0].submit()</script>',
  );
}

/** Says why the request goes nowhere. */
export function refusalPage(problem: string): string {
  return page('The authorization request was refused', `<p>${escapeHtml(problem)}</p>`);
}

function page(title: string, content: string): string {
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${title}</title><style>${style}</style><h1>${title}</h1>${content}</html>`
  );
}
