import { readFileSync } from 'node:fs';

// The build replaces this file by the texts themselves; it runs only where the sources do, as in the tests.
const read = (path: string): string => readFileSync(new URL(`../../templates/${path}`, import.meta.url), 'utf8');

/** The default callback page. */
export const callbackHtml = read('callback.html');
/** The script that forwards the fragment. */
export const forwardingScript = read('auth_assets/main.js');
/** The original's style sheet, for pages that were written for it. */
export const originalStyles = read('auth_assets/main.css');
/** A neutral logo, for pages that were written for the original. */
export const originalLogo = read('auth_assets/logo.svg');
