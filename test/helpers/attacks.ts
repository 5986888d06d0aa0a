/** A page of a hostile site. */
export interface Attack {
  readonly name: string;
  /** What is in the body. Its script may define `attacked`, a promise that settles when the attempt is over. */
  readonly body: (target: Target) => string;
  /** Whether the page goes somewhere else: `attack()` sets it off. */
  readonly leaves?: true;
}

/** Where the server is that waits for a sign-in. */
export interface Target {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** `http://evil.test:PORT`: a name of the attacker's that leads to the same port. */
  readonly rebound: string;
  /** `ws://127.0.0.1:PORT` */
  readonly webSocket: string;
}

const token = 'access_token=theirs&token_type=bearer&state=theirs';
const code = 'code=theirs&state=theirs';
const error = 'error=access_denied&state=theirs';
const json = JSON.stringify({ fragment: token });

const script = (text: string): string => `<script>${text}</script>`;
/** Awaits an expression; the browser rejects most of them. */
const attempt = (expression: string): string =>
  script(
    `var attacked = (async () => { try { return String(await (${expression})) } catch (error) { return String(error) } })()`,
  );
/** Awaits the end of loading of the element that carries `onload` and `onerror`. */
const loading = (markup: string): string =>
  `${script('var done; var attacked = new Promise((resolve) => { done = () => resolve() })')}${markup.replaceAll(' LOAD', ' onload="done()" onerror="done()" onloadedmetadata="done()"')}`;
const form = (attributes: string, fields: string): Pick<Attack, 'body' | 'leaves'> => ({
  body: ({ origin }) =>
    `<form ${attributes.replace('ORIGIN', origin)}>${fields}</form>${script('var attack = () => document.forms[0].submit()')}`,
  leaves: true,
});
const leaving = (to: (target: Target) => string): Pick<Attack, 'body' | 'leaves'> => ({
  body: (target) => script(to(target)),
  leaves: true,
});
const fields = [...new URLSearchParams(code)]
  .map(([name, value]) => `<input name="${name}" value="${value}">`)
  .join('');
// As text/plain this results in a body that is JSON.
const jsonField = `<input name='{"fragment":"${token}","x":"' value='"}'>`;
const post = (type: string, extra = ''): string =>
  `{ method: 'POST', body: '${json}', headers: { 'Content-Type': '${type}' } ${extra} }`;

/** What a hostile page can try, one page each. */
export const attacks: readonly Attack[] = [
  { name: 'form GET', ...form('action="ORIGIN/callback"', fields) },
  { name: 'form POST urlencoded, as form_post', ...form('action="ORIGIN/callback" method="post"', fields) },
  {
    name: 'form POST text/plain, as form_post',
    ...form('action="ORIGIN/callback" method="post" enctype="text/plain"', fields),
  },
  {
    name: 'form POST multipart, as form_post',
    ...form('action="ORIGIN/callback" method="post" enctype="multipart/form-data"', fields),
  },
  { name: 'form POST urlencoded to token', ...form('action="ORIGIN/token" method="post"', fields) },
  {
    name: 'form POST text/plain that is JSON to token',
    ...form('action="ORIGIN/token" method="post" enctype="text/plain"', jsonField),
  },
  {
    name: 'form POST multipart to token',
    ...form('action="ORIGIN/token" method="post" enctype="multipart/form-data"', jsonField),
  },
  {
    name: 'form POST into a frame',
    body: ({ origin }) =>
      loading(
        `<form action="${origin}/callback" method="post" target="frame">${fields}</form><iframe name="frame" LOAD></iframe>`,
      ) + script('document.forms[0].submit()'),
  },
  {
    name: 'fetch GET no-cors',
    body: ({ origin }) => attempt(`fetch('${origin}/callback?${code}', { mode: 'no-cors' })`),
  },
  {
    name: 'fetch GET cors with credentials',
    body: ({ origin }) => attempt(`fetch('${origin}/callback?${code}', { credentials: 'include' })`),
  },
  {
    name: 'fetch GET same-origin',
    body: ({ origin }) => attempt(`fetch('${origin}/callback?${code}', { mode: 'same-origin' })`),
  },
  {
    name: 'fetch in mode navigate',
    body: ({ origin }) => attempt(`fetch('${origin}/callback?${code}', { mode: 'navigate' })`),
  },
  {
    name: 'fetch POST JSON cors',
    body: ({ origin }) => attempt(`fetch('${origin}/token', ${post('application/json')})`),
  },
  {
    name: 'fetch POST JSON no-cors',
    body: ({ origin }) => attempt(`fetch('${origin}/token', ${post('application/json', ", mode: 'no-cors'")})`),
  },
  {
    name: 'fetch POST text/plain no-cors',
    body: ({ origin }) => attempt(`fetch('${origin}/token', ${post('text/plain', ", mode: 'no-cors'")})`),
  },
  {
    name: 'fetch POST without referrer',
    body: ({ origin }) =>
      attempt(`fetch('${origin}/token', ${post('text/plain', ", mode: 'no-cors', referrerPolicy: 'no-referrer'")})`),
  },
  {
    name: 'fetch POST keepalive',
    body: ({ origin }) =>
      attempt(`fetch('${origin}/token', ${post('text/plain', ", mode: 'no-cors', keepalive: true")})`),
  },
  {
    name: 'fetch keepalive while leaving',
    ...leaving(
      ({ origin }) =>
        `addEventListener('pagehide', () => fetch('${origin}/token', ${post('text/plain', ", mode: 'no-cors', keepalive: true")})); var attack = () => { location = '/empty' }`,
    ),
  },
  ...['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => ({
    name: `fetch ${method}`,
    body: ({ origin }: Target) => attempt(`fetch('${origin}/callback?${code}', { method: '${method}' })`),
  })),
  {
    name: 'XMLHttpRequest',
    body: ({ origin }) =>
      attempt(
        `new Promise((resolve) => { const request = new XMLHttpRequest(); request.onloadend = resolve; request.open('POST', '${origin}/token'); request.withCredentials = true; request.send('${json}') })`,
      ),
  },
  { name: 'sendBeacon with text', body: ({ origin }) => attempt(`navigator.sendBeacon('${origin}/token', '${json}')`) },
  {
    name: 'sendBeacon with JSON',
    body: ({ origin }) =>
      attempt(`navigator.sendBeacon('${origin}/token', new Blob(['${json}'], { type: 'application/json' }))`),
  },
  {
    name: 'sendBeacon with a form',
    body: ({ origin }) => attempt(`navigator.sendBeacon('${origin}/callback', new URLSearchParams('${code}'))`),
  },
  {
    name: 'iframe with a fragment',
    body: ({ origin }) => loading(`<iframe src="${origin}/callback#${token}" LOAD></iframe>`),
  },
  {
    name: 'iframe with a query',
    body: ({ origin }) => loading(`<iframe src="${origin}/callback?${code}" LOAD></iframe>`),
  },
  {
    name: 'sandboxed iframe with scripts',
    body: ({ origin }) => loading(`<iframe sandbox="allow-scripts" src="${origin}/callback#${token}" LOAD></iframe>`),
  },
  {
    name: 'sandboxed iframe that fetches (Origin: null)',
    body: ({ origin }) =>
      loading(
        `<iframe sandbox="allow-scripts" LOAD srcdoc="<script>fetch('${origin}/token', { method: 'POST', mode: 'no-cors', body: '${json.replaceAll('"', '&quot;')}' })</script>"></iframe>`,
      ),
  },
  {
    name: 'sandboxed iframe that posts a form (Origin: null)',
    body: ({ origin }) =>
      loading(
        `<iframe sandbox="allow-scripts allow-forms" LOAD srcdoc="<form method=post action='${origin}/callback'><input name=code value=theirs><input name=state value=theirs></form><script>document.forms[0].submit()</script>"></iframe>`,
      ),
  },
  {
    name: 'sandboxed iframe that navigates the top',
    ...leaving(
      ({ origin }) =>
        `var attack = () => { document.body.innerHTML = '<iframe sandbox="allow-scripts allow-top-navigation" srcdoc="<script>top.location = \\'${origin}/callback#${token}\\'</' + 'script>"></iframe>' }; addEventListener('DOMContentLoaded', () => {})`,
    ),
  },
  {
    name: 'iframe of a data: URI (Origin: null)',
    body: ({ origin }) =>
      loading(
        `<iframe LOAD src="data:text/html,<script>navigator.sendBeacon('${origin}/token', '${encodeURIComponent(json)}')</script>"></iframe>`,
      ),
  },
  {
    name: 'frameset',
    body: ({ origin }) =>
      loading(`<iframe LOAD srcdoc="<frameset><frame src='${origin}/callback?${code}'></frameset>"></iframe>`),
  },
  { name: 'image', body: ({ origin }) => loading(`<img src="${origin}/callback?${code}" LOAD>`) },
  {
    name: 'image with crossorigin',
    body: ({ origin }) => loading(`<img crossorigin src="${origin}/callback?${error}" LOAD>`),
  },
  { name: 'script', body: ({ origin }) => loading(`<script src="${origin}/callback?${code}" LOAD></script>`) },
  { name: 'module script', body: ({ origin }) => attempt(`import('${origin}/callback?${code}')`) },
  {
    name: 'our script in their page, at their address',
    body: ({ origin }) =>
      `${script(`history.replaceState(null, '', '/callback#${token}')`)}${loading(`<script src="${origin}/auth_assets/main.js" LOAD></script>`)}`,
  },
  {
    name: 'style sheet',
    body: ({ origin }) => loading(`<link rel="stylesheet" href="${origin}/callback?${code}" LOAD>`),
  },
  {
    name: 'style sheet that imports',
    body: ({ origin }) =>
      `<style>@import '${origin}/callback?${code}'; @font-face { font-family: x; src: url('${origin}/callback?${code}&font') } body { font-family: x; background: url('${origin}/callback?${code}&image') }</style>x`,
  },
  { name: 'object', body: ({ origin }) => loading(`<object data="${origin}/callback?${code}" LOAD></object>`) },
  { name: 'embed', body: ({ origin }) => `<embed src="${origin}/callback?${code}">` },
  {
    name: 'video and audio',
    body: ({ origin }) =>
      loading(`<video src="${origin}/callback?${code}" LOAD></video><audio src="${origin}/callback?${code}"></audio>`),
  },
  {
    name: 'prefetch',
    body: ({ origin }) =>
      `<link rel="prefetch" href="${origin}/callback?${code}"><link rel="prerender" href="${origin}/callback?${code}">`,
  },
  {
    name: 'preload and modulepreload',
    body: ({ origin }) =>
      `<link rel="preload" as="fetch" href="${origin}/callback?${code}"><link rel="modulepreload" href="${origin}/callback?${code}">`,
  },
  {
    name: 'preconnect',
    body: ({ origin }) =>
      `<link rel="preconnect" href="${origin}"><link rel="dns-prefetch" href="${origin}"><link rel="preconnect" crossorigin href="${origin}">`,
  },
  {
    name: 'speculation rules: prefetch',
    body: ({ origin }) =>
      `<script type="speculationrules">{"prefetch":[{"source":"list","urls":["${origin}/callback?${code}"],"eagerness":"immediate"}]}</script>`,
  },
  {
    name: 'speculation rules: prerender',
    body: ({ origin }) =>
      `<script type="speculationrules">{"prerender":[{"source":"list","urls":["${origin}/callback?${code}"],"eagerness":"immediate"}]}</script>`,
  },
  {
    name: 'top navigation with a fragment',
    ...leaving(({ origin }) => `var attack = () => { location = '${origin}/callback#${token}' }`),
  },
  {
    name: 'top navigation with an error in the fragment',
    ...leaving(({ origin }) => `var attack = () => { location = '${origin}/callback#${error}' }`),
  },
  {
    name: 'top navigation with a fragment without state',
    ...leaving(({ origin }) => `var attack = () => { location = '${origin}/callback#access_token=theirs' }`),
  },
  {
    name: 'top navigation with a query',
    ...leaving(({ origin }) => `var attack = () => { location = '${origin}/callback?${code}' }`),
  },
  {
    name: 'top navigation with an error in the query',
    ...leaving(({ origin }) => `var attack = () => { location = '${origin}/callback?error=access_denied' }`),
  },
  {
    name: 'top navigation with both',
    ...leaving(({ origin }) => `var attack = () => { location = '${origin}/callback?${code}#${token}' }`),
  },
  {
    name: 'redirect with a fragment',
    ...leaving(
      ({ origin }) =>
        `var attack = () => { location = '/redirect?${new URLSearchParams({ to: `${origin}/callback#${token}` }).toString()}' }`,
    ),
  },
  {
    name: 'redirect of a POST (307) to token',
    body: ({ origin }) =>
      `<form method="post" enctype="text/plain" action="/redirect?${new URLSearchParams({ status: '307', to: `${origin}/token` }).toString().replaceAll('&', '&amp;')}">${jsonField}</form>${script('var attack = () => document.forms[0].submit()')}`,
    leaves: true,
  },
  {
    name: 'meta refresh',
    ...leaving(
      ({ origin }) =>
        `var attack = () => { document.head.insertAdjacentHTML('beforeend', '<meta http-equiv="refresh" content="0;url=${origin}/callback#${token}">') }`,
    ),
  },
  {
    name: 'link that is clicked, with ping',
    body: ({ origin }) =>
      `<a href="${origin}/callback#${token}" ping="${origin}/token ${origin}/callback">x</a>${script("var attack = () => document.querySelector('a').click()")}`,
    leaves: true,
  },
  { name: 'window.open with a fragment', body: ({ origin }) => attempt(`open('${origin}/callback#${token}')`) },
  {
    name: 'window.open with a query, noopener',
    body: ({ origin }) => attempt(`open('${origin}/callback?${code}', '', 'noopener')`),
  },
  {
    name: 'a window of theirs that becomes ours, and back',
    body: ({ origin }) =>
      attempt(
        `(() => { const other = open('/empty'); other.location = '${origin}/callback#${token}'; other.postMessage({ fragment: '${token}' }, '*'); return other.closed })()`,
      ),
  },
  {
    name: 'rebinding name, top navigation',
    ...leaving(({ rebound }) => `var attack = () => { location = '${rebound}/callback#${token}' }`),
  },
  {
    name: 'rebinding name, fetch of token',
    body: ({ rebound }) => attempt(`fetch('${rebound}/token', ${post('text/plain', ", mode: 'no-cors'")})`),
  },
  { name: 'rebinding name, image', body: ({ rebound }) => loading(`<img src="${rebound}/callback?${code}" LOAD>`) },
  {
    name: 'rebinding name, form',
    body: ({ rebound }) =>
      `<form method="post" action="${rebound}/callback">${fields}</form>${script('var attack = () => document.forms[0].submit()')}`,
    leaves: true,
  },
  {
    name: 'WebSocket',
    body: ({ webSocket }) =>
      attempt(`new Promise((resolve) => { new WebSocket('${webSocket}/callback?${code}').onclose = resolve })`),
  },
  {
    name: 'EventSource',
    body: ({ origin }) =>
      attempt(
        `new Promise((resolve) => { const source = new EventSource('${origin}/callback?${code}', { withCredentials: true }); source.onerror = () => { source.close(); resolve() } })`,
      ),
  },
  {
    name: 'service worker from our origin',
    body: ({ origin }) => attempt(`navigator.serviceWorker.register('${origin}/auth_assets/main.js')`),
  },
  {
    name: 'service worker of theirs that posts',
    body: () => attempt(`navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)`),
  },
  {
    name: 'worker that posts',
    body: () =>
      attempt(
        `new Promise((resolve) => { const worker = new Worker('/worker.js'); worker.onmessage = resolve; worker.onerror = resolve })`,
      ),
  },
  {
    name: 'worker that imports our script',
    body: ({ origin }) =>
      attempt(
        `new Promise((resolve) => { const worker = new Worker(URL.createObjectURL(new Blob(["try { importScripts('${origin}/callback?${code}') } finally { postMessage(1) }"]))); worker.onmessage = resolve; worker.onerror = resolve })`,
      ),
  },
];

/** What the hostile site's workers run. */
export function workerScript({ origin }: Target): string {
  return `fetch('${origin}/token', ${post('text/plain', ", mode: 'no-cors'")}).catch(() => {}).finally(() => self.postMessage && self.postMessage(1))`;
}
