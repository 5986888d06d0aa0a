/*
 * The callback page's script. A fragment never reaches a server, so the script reads it, removes it from the address bar,
 * posts it to `token` beside the page, and shows the server's result. It writes text only, never markup.
 */
(() => {
  'use strict';

  const root = document.documentElement;
  const fragment = location.hash.slice(1);
  const query = location.search.slice(1);
  const address = location.href;
  const settings = document.querySelector('[data-auth-page]');
  const page = settings ? JSON.parse(settings.textContent) : { state: 'pending', texts: {} };

  let current = page;
  /** The elements that show the current result, by selector: what the page itself writes there later is kept. */
  let painted = new Map();
  let isParsed = document.readyState !== 'loading';
  /** Whether the result follows in the same response. */
  let isHeld = page.answered && toneOf(page) === 'waiting';
  let isAnnounced = false;
  let lateListeners = new EventTarget();

  /** Also in src/page/options.ts. An old tab is neither a success nor an alarm. */
  function toneOf({ state, reason }) {
    if (state === 'success' || reason === 'denied') return reason || state;
    if (state === 'error') return reason === 'state_foreign' ? 'neutral' : 'error';
    return /^(return_to_app|state_used|sign_in_ended|nothing)$/.test(reason) ? 'neutral' : 'waiting';
  }

  function isFinal(result) {
    return toneOf(result) !== 'waiting' && /^(success|error|pending)$/.test(result.state);
  }

  function local(state, reason) {
    return Object.assign({ state, reason, code: state === 'error' ? reason : undefined }, page.texts[reason]);
  }

  function each(selector, change) {
    const elements = painted.get(selector) || new WeakSet();
    painted.set(selector, elements);
    document.querySelectorAll(selector).forEach((element) => {
      if (elements.has(element)) return;
      elements.add(element);
      change(element);
    });
  }

  function fill(selector, text) {
    each(selector, (element) => {
      if (element.textContent !== text) element.textContent = text;
    });
  }

  function paint() {
    if (current.copyLabel && isParsed && !document.querySelector('[data-auth-copy]')) {
      const button = document.createElement('button');
      button.setAttribute('data-auth-copy', '');
      (document.querySelector('[data-auth-actions]') || document.body).append(button);
    }
    if (current.heading) {
      fill('[data-auth-heading]', current.heading);
      const isNamed = !page.appName || current.heading.includes(page.appName);
      fill('[data-auth-title]', isNamed ? current.heading : `${current.heading} | ${page.appName}`);
    }
    if (current.message) fill('[data-auth-message]', current.message);
    if (page.appName) fill('[data-auth-app-name]:empty', page.appName);
    fill('[data-auth-note]', current.note || '');
    fill('[data-auth-detail]', current.detail || '');
    fill('[data-auth-code]', current.code ? `${page.codeLabel || ''} ${current.code}`.trim() : '');
    // Another selector than that of fill(), since each() remembers elements by it.
    each(':root [data-auth-detail]', (element) => {
      element.setAttribute('data-auth-detail-label', page.detailLabel || '');
    });
    each('[data-auth-hint]', fillHint);
    each('[data-auth-copy]', (button) => {
      button.hidden = !current.copyLabel;
      button.textContent = current.copyLabel || '';
    });
    // Pages written for EmbedIOAuthServer have both of these, hidden by a class.
    each('#success', ({ classList }) => classList.toggle('hidden', current.state !== 'success'));
    each('#error', ({ classList }) => classList.toggle('hidden', current.state !== 'error'));
  }

  /** How to close the window by keyboard, if there is likely one, and nothing else is left to do. */
  function fillHint(element) {
    element.textContent = '';
    const { heading, message } = page.texts.close_window || {};
    const isOver = /^(success|denied|neutral)$/.test(toneOf(current));
    if (!message || !isOver || window.matchMedia('(pointer: coarse)').matches) return;
    message.split(/(\{keys\})/).forEach((part) => {
      const keys = document.createElement('kbd');
      keys.textContent = /^Mac/.test(navigator.platform) ? '\u2318W' : heading;
      element.append(part === '{keys}' ? keys : part);
    });
  }

  function show(result) {
    current = result;
    painted = new Map();
    root.setAttribute('data-auth-tone', toneOf(current));
    root.setAttribute('data-auth-state', current.state);
    if (current.reason) root.setAttribute('data-auth-reason', current.reason);
    else root.removeAttribute('data-auth-reason');
    paint();
    if (isParsed) announce();
  }

  function announce() {
    if (isAnnounced || !isFinal(current)) return;
    isAnnounced = true;
    dispatch(document);
    if (current.redirect) location.replace(new URL(current.redirect, location.href));
    // The browser lets a script close only some windows. Otherwise the page stays, and what it says is true.
    else if (current.state === 'success' && typeof page.autoClose === 'number') {
      setTimeout(() => window.close(), page.autoClose);
    }
  }

  function dispatch(target) {
    const { state, reason, heading, message } = current;
    target.dispatchEvent(new CustomEvent('authresult', { detail: { state, reason, heading, message } }));
  }

  // A listener that is added after the event, as by a module script or a framework, is called with the same result.
  document.addEventListener = function (type) {
    const isLate = type === 'authresult' && isAnnounced;
    const target = isLate ? lateListeners : this;
    EventTarget.prototype.addEventListener.apply(target, arguments);
    if (!isLate) return;
    Promise.resolve().then(() => {
      // Listeners that were added together are called by the first of these, once.
      if (target !== lateListeners) return;
      lateListeners = new EventTarget();
      dispatch(target);
    });
  };
  document.removeEventListener = function (type) {
    EventTarget.prototype.removeEventListener.apply(this, arguments);
    if (type === 'authresult') EventTarget.prototype.removeEventListener.apply(lateListeners, arguments);
  };

  /** The provider's own words and code. The server gives these two reasons only to a response with an awaited state. */
  function withDetail(result, response) {
    const params = new URLSearchParams(response);
    if (!/^(denied|refused)$/.test(result.reason) || !params.get('state')) return result;
    const words = params.get('error_description') || params.get('error_message') || '';
    // Control characters, line breaks and marks that change the direction of text.
    // eslint-disable-next-line no-control-regex -- they are what it removes
    const detail = words.replace(/[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ').trim();
    const error = params.get('error') || '';
    const code = result.code && /^[\w.-]{1,64}$/.test(error) ? error : result.code;
    return Object.assign({}, result, { detail, code });
  }

  function clearAddress() {
    history.replaceState(history.state, '', location.pathname);
  }

  function uriOf(name) {
    return location.origin + location.pathname.replace(/[^/]*$/, name);
  }

  function post(body, credentials) {
    return fetch(uriOf('token'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      // Mode `cors`, the default: in any other, a page without referrer sends `Origin: null` (Fetch, section 3.1; Firefox).
      credentials,
      redirect: 'error',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      // Browsers allow 64 KiB for all such requests of a page.
      keepalive: body.length < 60000,
    });
  }

  function forward() {
    clearAddress();
    const posted = post(JSON.stringify({ fragment, query: query || undefined }), page.credentials || 'omit');
    show(page);
    const finishing = setTimeout(() => show(local('pending', 'finishing')), 400);
    posted
      .then((response) =>
        response.json().then((result) => {
          const isOurs = isFinal(result) && (result.state !== 'success' || response.ok);
          return isOurs ? withDetail(result, fragment) : local('error', 'unreachable');
        }),
      )
      .catch(explainFailure)
      .then((result) => {
        clearTimeout(finishing);
        show(offerCopy(result));
        reportLoaded();
      });
  }

  /** An extension may block the POST alone: what the page's own file says decides whether the app is there. */
  function explainFailure() {
    return fetchOwnFile().then(
      ({ ok }) => local('error', ok ? 'not_forwarded' : 'unreachable'),
      () => local('error', 'unreachable'),
    );
  }

  function fetchOwnFile() {
    return fetch(uriOf('auth_assets/main.js'), { credentials: 'omit', cache: 'no-store' });
  }

  /** If the response did not reach the app, the user may paste the page's address there. */
  function offerCopy(result) {
    if (!page.pasteOffered || !/^(unreachable|not_forwarded|too_large)$/.test(result.reason)) return result;
    const { heading: copyLabel, message } = page.texts.copy_address;
    return Object.assign({}, result, { copyLabel, message, notCopied: result });
  }

  document.addEventListener('click', ({ target }) => {
    if (!current.copyLabel || !target.closest('[data-auth-copy]')) return;
    const { heading: copyLabel, message } = page.texts.address_copied;
    const copied = Object.assign({}, current, { copyLabel, message });
    // Only pages on https or a loopback address have the first.
    const { clipboard } = navigator;
    const copying = clipboard ? clipboard.writeText(address).catch(copyByCommand) : Promise.resolve(copyByCommand());
    copying.then((isCopied) => show(isCopied === false ? current.notCopied : copied));
  });

  function copyByCommand() {
    const write = (event) => {
      event.clipboardData.setData('text/plain', address);
      event.preventDefault();
    };
    document.addEventListener('copy', write);
    const isCopied = document.execCommand('copy');
    document.removeEventListener('copy', write);
    return isCopied;
  }

  // A page with files of its own: a server that stops waits until they are loaded.
  function reportLoaded() {
    if (!page.reportLoaded) return;
    const report = () => {
      post('{"loaded":true}', 'omit').catch(() => {
        // The server has stopped already, which is the purpose of the report.
      });
    };
    if (document.readyState === 'complete') report();
    else window.addEventListener('load', report);
  }

  function release(result) {
    isHeld = false;
    show(result);
  }

  function update() {
    const outcome = isHeld && document.querySelector('[data-auth-outcome]');
    if (outcome) release(JSON.parse(outcome.getAttribute('data-auth-outcome')));
    // The response ended without an outcome: the app has exited.
    else if (isHeld && isParsed) release(local('pending', 'return_to_app'));
    else paint();
  }

  // Chromium parses a page whose connection was reset for ever, so a held page checks that the server is still there.
  function checkServer() {
    if (!isHeld) return;
    fetchOwnFile().then(
      () => setTimeout(checkServer, 2000),
      () => {
        isParsed = true;
        update();
      },
    );
  }

  // Elements that are parsed or added later are filled too.
  new MutationObserver(update).observe(root, { childList: true, subtree: true });
  document.addEventListener('DOMContentLoaded', () => {
    isParsed = true;
    painted = new Map();
    update();
    announce();
  });

  if (page.answered) {
    if (query || fragment) clearAddress();
    show(withDetail(page, query));
    reportLoaded();
    setTimeout(checkServer, 2000);
  } else if (fragment || new URLSearchParams(query).get('state')) {
    forward();
  } else {
    show(local('pending', 'nothing'));
    reportLoaded();
  }
  if (isParsed) update();
})();
