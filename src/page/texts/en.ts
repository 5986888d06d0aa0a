import type { PageLanguage } from '../language.js';

/** English. */
export const language: PageLanguage = {
  lang: 'en',
  dir: 'ltr',
  app: 'the app',
  detailLabel: 'Message from the sign-in service',
  codeLabel: 'Error code:',
  helpLabel: 'Get help',
  texts: {
    pending: { heading: 'Signing you in', message: 'One moment, please.' },
    finishing: { heading: 'Finishing sign-in', message: 'One moment while {app} completes your sign-in.' },
    return_to_app: {
      heading: 'Return to {app}',
      message: 'Your sign-in was passed on. You will see the result in {app}.',
    },
    success: { heading: 'You are signed in', message: 'You can close this window and return to {app}.' },
    denied: {
      heading: 'Sign-in cancelled',
      message: 'Access was not allowed, so nothing was shared. You can close this window.',
    },
    refused: {
      heading: 'Sign-in did not work',
      message: 'The sign-in service reported an error. Return to {app} and try again.',
    },
    failed: {
      heading: 'Sign-in was not completed',
      message: 'The sign-in service agreed, but {app} could not finish signing you in. Return to {app} and try again.',
    },
    state_foreign: {
      heading: 'No sign-in is waiting here',
      message: 'This page may be from an earlier sign-in, so it was ignored. To sign in, start again from {app}.',
    },
    state_used: {
      heading: 'This sign-in link was already used',
      message: 'There is nothing more to do here. You can close this window and return to {app}.',
    },
    sign_in_ended: {
      heading: 'This sign-in has ended',
      message: 'It was cancelled or did not work. To sign in, start again from {app}.',
    },
    malformed: {
      heading: 'The answer could not be read',
      message: 'The sign-in service sent something that could not be understood. Return to {app} and try again.',
    },
    wrong_issuer: {
      heading: 'Answer from an unexpected service',
      message:
        'The answer came from a different sign-in service than expected. To keep you safe, it was ignored. Start again from {app}.',
    },
    nothing: {
      heading: 'Nothing to do here',
      message: 'This page belongs to {app} and helps with signing in. You can close it.',
    },
    unreachable: {
      heading: 'Cannot reach {app}',
      message: 'The app may have been closed, or it stopped waiting. Start again from {app}.',
    },
    no_script: {
      heading: 'JavaScript is needed',
      message:
        'To finish signing in, turn on JavaScript for this page and reload it. Or copy the address of this page into {app}, if it asks for it.',
    },
    too_large: {
      heading: 'Too many cookies',
      message:
        'Your browser sent too many cookies. They come from other apps at this address. Open a private window or clear the cookies for this address, then try again.',
    },
    bad_request: {
      heading: 'This request cannot be answered',
      message: 'The address may be incomplete or damaged. Start again from {app}.',
    },
    error_without_state: {
      heading: 'The sign-in service reported an error',
      message:
        'It did not say which sign-in the error belongs to, so the error was ignored. If you were just signing in, start again from {app}.',
    },
    foreign_host: {
      heading: 'Unknown address',
      message:
        'This page was opened at an address that {app} does not use. Start again from {app}, and check the address if a tunnel or a proxy is in between.',
    },
    not_forwarded: {
      heading: 'The sign-in was not passed on',
      message:
        'The browser kept it from reaching {app}. A browser extension or a privacy setting can cause this. Try again in a private window or in another browser.',
    },
    copy_address: {
      heading: 'Copy address',
      message: 'Copy the address of this page with the button, and paste it where {app} asks for it.',
    },
    address_copied: { heading: 'Address copied', message: 'Now paste it where {app} asks for it.' },
    close_window: { heading: 'Ctrl+W', message: 'To close this window, press {keys}.' },
  },
};
