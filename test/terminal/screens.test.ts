import { afterEach, expect, it, jest } from '@jest/globals';
import type { Scenario } from '../fixtures/terminal/interface.js';
import { describeOnPosix } from '../helpers/systems.js';
import { restored, TerminalSignIn } from '../helpers/terminal-sign-in.js';

// Each test starts a shell and a program in a pseudo-terminal.
jest.setTimeout(60_000);

let terminal: TerminalSignIn;
afterEach(() => terminal.dispose());

const ssh = { SSH_CONNECTION: '203.0.113.7 1 192.0.2.9 22' };
const pasted = 'http://127.0.0.1:5543/callback?code=c&state=s';

/** A scenario and what the user types: after the question, or after the text that is named. */
const screens: readonly (readonly [name: string, scenario: Scenario, ...typed: string[]])[] = [
  ['a desktop', { end: 'success' }],
  ['a desktop without a browser', { browserOpened: false }, `${pasted}\r`],
  ['a desktop on which the app opens no browser', { opensBrowser: false }, `${pasted}\r`],
  ['an SSH session', { env: ssh, browserOpened: false }, `${pasted}\r`],
  ['an SSH session in which the app opens no browser', { env: ssh, opensBrowser: false }, `${pasted}\r`],
  ['a codespace', { env: { CODESPACES: 'true' } }, `${pasted}\r`],
  ['a codespace with a public URI', { env: { CODESPACES: 'true' }, publicUri: true }, `${pasted}\r`],
  ['WSL', { env: { WSL_DISTRO_NAME: 'Ubuntu' } }, `${pasted}\r`],
  ['a session without a display', { env: {}, browserOpened: false }, `${pasted}\r`],
  ['a wrong paste', { env: ssh, rejectsPaste: 'STATE_FOREIGN' }, `${pasted}\r`, `${pasted}\r`],
  ['a paste that is no address', { env: ssh, rejectsPaste: 'RESPONSE_MALFORMED' }, 'hello\r', `${pasted}\r`],
  ['Ctrl-D', { env: ssh }, '\u0004'],
  ['half a paste', { env: ssh }, pasted],
  [
    'every rejection',
    {
      end: 'timeout',
      rejections: [
        'state_foreign',
        'state_used',
        'malformed',
        'empty',
        'wrong_issuer',
        'wrong_redirect_uri',
        'foreign_host',
        'foreign_origin',
        'not_a_navigation',
        'content_type',
        'body_too_large',
        'body_invalid',
        'tls',
        'prefetch',
        'method',
        'bad_target',
        'constructor',
      ],
    },
  ],
  ['a denial, with control characters', { end: 'denied' }],
  ["a failure of the app, whose message is the app's", { end: 'failure' }],
];

describeOnPosix.each([80, 40])('the screen at %d columns', (columns) => {
  it.each(screens)('shows %s', async (_name, scenario, ...typed) => {
    terminal = await TerminalSignIn.start({
      columns,
      fixture: 'interface.ts',
      env: { SCENARIO: JSON.stringify(scenario) },
    });
    for (const [index, text] of typed.entries()) {
      await terminal.shows(
        index === 0 ? /paste it here\.[^]*cancels\.$|browser\.$/ : /Copy the one of this sign-in\.|begins with/,
      );
      terminal.type(text);
    }
    await terminal.shows(
      typed.at(-1) === pasted
        ? /press Enter$/
        : typed.at(-1) === '\u0004'
          ? /any more\.\s+. Waiting for the browser\..*$/s
          : restored,
    );
    expect(`\n${terminal.text.replace(/^[\u2800-\u28ff] /m, '* ')}\n`).toMatchSnapshot();
    for (const line of terminal.brokenLines) expect(line).toMatch(/^https?:\/\/\S+$|^pasted /);
  });
});
