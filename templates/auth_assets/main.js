/*
 * Runs in the callback page. A fragment never reaches a server, so this reads it, takes it out of the address bar, sends it
 * to `token` beside the page, and shows what the server answered. It writes texts only, never markup.
 */
(function () {
  'use strict';

  var root = document.documentElement;
  var fragment = location.hash.slice(1);
  var query = location.search;
  var settings = document.querySelector('[data-auth-page]');
  var page = settings ? JSON.parse(settings.textContent) : { state: 'pending', texts: {} };
  var current;
  var announced = false;

  function fill(selector, text) {
    document.querySelectorAll(selector).forEach(function (element) {
      if (element.textContent !== text) element.textContent = text;
    });
  }

  // Pages written for EmbedIOAuthServer have both of these, hidden by a class.
  function reveal(id, visible) {
    var element = document.getElementById(id);
    if (element) element.classList.toggle('hidden', !visible);
  }

  function paint() {
    if (!current) return;
    root.setAttribute('data-auth-state', current.state);
    if (current.reason) root.setAttribute('data-auth-reason', current.reason);
    else root.removeAttribute('data-auth-reason');
    if (current.heading) fill('[data-auth-heading]', current.heading);
    if (current.heading) fill('[data-auth-title]', current.heading);
    if (current.message) fill('[data-auth-message]', current.message);
    fill('[data-auth-detail]', current.detail || '');
    reveal('success', current.state === 'success');
    reveal('error', current.state === 'error');
  }

  function whenParsed(action) {
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', action);
    else action();
  }

  function announce() {
    if (announced || current.state === 'pending') return;
    announced = true;
    document.dispatchEvent(
      new CustomEvent('authresult', {
        detail: { state: current.state, reason: current.reason, message: current.message },
      }),
    );
    if (current.redirect) location.replace(current.redirect);
    else if (current.state === 'success' && typeof page.autoClose === 'number') setTimeout(close, page.autoClose);
  }

  // The browser lets a script close only some windows. Where it does not, the page stays as it is, and what it says is true.
  function close() {
    window.close();
  }

  function show(result) {
    current = result;
    paint();
    whenParsed(function () {
      paint();
      announce();
    });
  }

  /** The provider's own words, of an answer that the server has found to be the awaited one. */
  function withDetail(result, params) {
    if (result.reason !== 'denied' && result.reason !== 'refused') return result;
    return Object.assign({}, result, { detail: new URLSearchParams(params).get('error_description') || '' });
  }

  function clearAddress(path) {
    history.replaceState(history.state, '', path);
  }

  function local(state, reason) {
    return Object.assign({ state: state, reason: reason }, page.texts[reason]);
  }

  function forward() {
    clearAddress(location.pathname + query);
    show(page);
    var finishing = setTimeout(function () {
      show(local('pending', 'finishing'));
    }, 400);
    fetch(location.origin + location.pathname.replace(/[^/]*$/, 'token'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ fragment: fragment }),
      // Mode `cors`, the default: in any other, a page without referrer sends `Origin: null` (Fetch, section 3.1; Firefox).
      credentials: page.credentials || 'omit',
      redirect: 'error',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      keepalive: fragment.length < 32768,
    })
      .then(function (response) {
        return response.json().then(function (result) {
          if (result.state === 'success' && !response.ok) throw new Error('a success must be a 2xx');
          return withDetail(result, fragment);
        });
      })
      .catch(function () {
        return local('error', 'unreachable');
      })
      .then(function (result) {
        clearTimeout(finishing);
        show(result);
        reportLoaded();
      });
  }

  // The answer to a query comes in the page itself; where the app is still at work, its end follows in the same response.
  function showAnswer() {
    if (query) clearAddress(location.pathname);
    show(withDetail(page, query));
    reportLoaded();
    if (page.state !== 'pending') return;
    var observer = new MutationObserver(lookForOutcome);
    function lookForOutcome() {
      var element = document.querySelector('[data-auth-outcome]');
      if (!element) return;
      observer.disconnect();
      show(JSON.parse(element.getAttribute('data-auth-outcome')));
    }
    observer.observe(root, { childList: true, subtree: true });
    whenParsed(lookForOutcome);
  }

  // A page with files of its own: the server, told to stop, waits for them to have been loaded.
  function reportLoaded() {
    if (!page.reportLoaded) return;
    function report() {
      fetch(location.origin + location.pathname.replace(/[^/]*$/, 'token'), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{"loaded":true}',
        credentials: 'omit',
        keepalive: true,
      }).catch(function () {
        // The server has stopped already, which is all that this was to allow.
      });
    }
    if (document.readyState === 'complete') report();
    else window.addEventListener('load', report);
  }

  // Until the page is parsed, its parts are filled as they come.
  if (document.readyState === 'loading') {
    var painter = new MutationObserver(paint);
    painter.observe(root, { childList: true, subtree: true });
    document.addEventListener('DOMContentLoaded', function () {
      painter.disconnect();
    });
  }

  if (page.answered) showAnswer();
  else if (fragment) forward();
  else show(local('error', 'nothing'));
})();
