import { readTemplate } from './template-files.js';

/** The default callback page. */
export const callbackHtml = readTemplate('callback.html');
/** The script that forwards the fragment. */
export const forwardingScript = readTemplate('auth_assets/main.js');
/** The original's style sheet, for pages that were written for it. */
export const originalStyles = readTemplate('auth_assets/main.css');
/** A neutral logo, for pages that were written for the original. */
export const originalLogo = readTemplate('auth_assets/logo.svg');
