import { Html } from './html.js';

/** Plain CSS, without a font, an image or anything else from elsewhere. */
export const pageStyle = new Html(`
:root {
  color-scheme: light dark;
  --page: #f6f1e7;
  --card: #fffdf8;
  --line: #b9ab90;
  --text: #2a2118;
  --soft: #6a5c49;
  --brand: #3b2a78;
  --on-brand: #fff;
  --action: #4a34a0;
  --tint: #ece7fb;
  --bad: #a3261a;
  --bad-tint: #fbe9e5;
  --stripe: #f5b700;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16121f;
    --card: #211b30;
    --line: #655a82;
    --text: #f3eefc;
    --soft: #b9aed2;
    --brand: #2b1f58;
    --action: #b6a4ff;
    --on-action: #1a1330;
    --tint: #32284d;
    --bad: #ffab9f;
    --bad-tint: #46211f;
    --stripe: #d9a300;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  min-height: 100vh;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere;
}
.notice {
  padding: 0.5rem 1rem;
  background: var(--stripe);
  color: #241a00;
  font-size: 0.875rem;
  text-align: center;
}
header { padding: 1.5rem 1.25rem 6rem; background: var(--brand); color: var(--on-brand); }
header > * { max-width: 30rem; margin: 0 auto; }
header p { font-size: 1.125rem; font-weight: 650; }
header span { display: block; font-size: 0.875rem; font-weight: 400; opacity: 0.85; }
main {
  max-width: 32.5rem;
  margin: -5rem auto 0;
  padding: 0 1.25rem 3rem;
}
section {
  padding: clamp(1.25rem, 6vw, 2rem);
  border: 1px solid var(--line);
  border-radius: 0.375rem;
  background: var(--card);
}
h1 { font-size: 1.5rem; line-height: 1.25; }
h1 + p { margin-top: 0.5rem; color: var(--soft); }
label { display: block; margin-top: 1.25rem; font-weight: 600; }
input {
  width: 100%;
  min-height: 2.875rem;
  margin-top: 0.375rem;
  padding: 0 0.75rem;
  border: 1px solid var(--line);
  border-radius: 0.25rem;
  background: var(--page);
  color: inherit;
  font: inherit;
}
button {
  min-height: 2.875rem;
  padding: 0.375rem 1.25rem;
  border: 1px solid var(--action);
  border-radius: 0.25rem;
  background: var(--action);
  color: var(--on-action, #fff);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
button:hover { filter: brightness(1.1); }
button.plain { background: none; color: var(--action); }
:focus-visible { outline: 3px solid var(--action); outline-offset: 2px; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.75rem; }
.buttons button { flex: 1 1 8rem; }
.problem {
  margin-top: 1.25rem;
  padding: 0.75rem 1rem;
  border-left: 4px solid var(--bad);
  background: var(--bad-tint);
  color: var(--bad);
  font-weight: 600;
}
.hint { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.9375rem; }
.hint span { white-space: nowrap; }
code { padding: 0.0625rem 0.3125rem; border-radius: 0.1875rem; background: var(--tint); color: var(--text); font-size: 0.9375em; }
.who { display: flex; align-items: center; gap: 0.75rem; margin-top: 1.25rem; }
.who b { display: block; }
.who small { display: block; color: var(--soft); font-size: 0.9375rem; }
.face {
  flex: none;
  width: 2.75rem;
  height: 2.75rem;
  border-radius: 50%;
  background: var(--tint);
  font-size: 1.25rem;
  font-weight: 650;
  line-height: 2.75rem;
  text-align: center;
}
ul { margin-top: 0.5rem; padding: 0; list-style: none; }
li { position: relative; padding: 0.5rem 0 0.5rem 1.75rem; }
li + li { border-top: 1px solid var(--tint); }
/* Drawn, because the one font that comes with a headless browser may have no check mark. */
li::before {
  content: '';
  position: absolute;
  top: 0.875rem;
  left: 0.25rem;
  width: 0.75rem;
  height: 0.375rem;
  border: solid var(--action);
  border-width: 0 0 0.125rem 0.125rem;
  transform: rotate(-45deg);
}
li small { display: block; color: var(--soft); font-size: 0.875rem; }
h2 { margin-top: 1.5rem; font-size: 1rem; }
`);
