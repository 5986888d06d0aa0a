/**
 * The cases: those with a target first, then those that say more of the same.
 *
 * @typedef {object} Target
 * @property {string} column - whose figure
 * @property {string} against - the column that it is compared with; `lightest peer` is the least of the peers
 * @property {number} ratio - at most so many times as much
 * @property {number} [limit] - and at most this much, in the case's unit
 *
 * @typedef {object} Case
 * @property {string} name - for `--case`
 * @property {string} title
 * @property {string} unit
 * @property {string} method - how it is measured
 * @property {string[]} columns - what is measured, in turns
 * @property {string} baseline - the column that ratios are taken of
 * @property {Target[]} targets
 * @property {number} runs - samples of each column, unless `--runs` says otherwise
 * @property {() => Promise<{ sample: (column: string) => Promise<number>, close: () => Promise<void> }>} open
 */
import { afterwards } from './exit.mjs';
import { fragmentFromBlank, fragmentFromProvider } from './fragment.mjs';
import { importing, importingBeside, listening, listeningBeside } from './cold.mjs';
import { concurrencyRouter, concurrencyServer } from './concurrency.mjs';
import { firstRedirect, redirect, starting } from './redirect.mjs';
import { installedPackages, installedSize } from './install.mjs';
import { memory } from './memory.mjs';
import { startToOpener } from './opener.mjs';

/** @type {Case[]} */
export const cases = [
  importing,
  listening,
  startToOpener,
  starting,
  redirect,
  firstRedirect,
  fragmentFromProvider,
  afterwards,
  memory,
  installedSize,
  installedPackages,
  concurrencyServer,
  concurrencyRouter,
  importingBeside,
  listeningBeside,
  fragmentFromBlank,
];
