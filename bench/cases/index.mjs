/**
 * The cases, those of the published table first.
 *
 * @typedef {object} Target
 * @property {string} column - the column that must meet it
 * @property {string} [against] - the column that it is compared with, or `lightest peer` for the smallest figure of the peers
 * @property {number} [ratio] - at most this multiple of `against`; default 1
 * @property {number} [plus] - at most this much more than that, in the case's unit
 * @property {number} [limit] - at most this, in the case's unit
 * @property {string} [text] - replaces the generated description
 *
 * @typedef {object} Case
 * @property {string} name - for `--case`
 * @property {string} title
 * @property {string} unit
 * @property {string} method - how it is measured
 * @property {string[]} columns - what is measured, in turns
 * @property {string} baseline - the column that all figures are divided by
 * @property {Target[]} targets
 * @property {boolean} [isPublished] - whether docs/speed.md and the chart show it: what a user can feel
 * @property {boolean} [isLast] - whether it is measured as a whole when all others are, because what it starts would disturb them
 * @property {number} runs - samples of each column, unless `--runs` changes it
 * @property {() => Promise<OpenCase | { obstacle: string }>} open - `obstacle`: why this machine cannot measure it
 *
 * @typedef {object} OpenCase
 * @property {(column: string) => Promise<number>} sample
 * @property {() => Promise<void>} close
 */
import { importing, importingEsm, listening, listeningEsm } from './cold.mjs';
import { concurrencyRouter, concurrencyServer } from './concurrency.mjs';
import { exiting } from './exit.mjs';
import { fragmentFromBlank, fragmentFromProvider } from './fragment.mjs';
import { installedPackages, installedSize } from './install.mjs';
import { severalInstances } from './instances.mjs';
import { memory, memoryToken } from './memory.mjs';
import { startToOpener } from './opener.mjs';
import { firstPost, firstRedirect, redirect, starting } from './redirect.mjs';
import { routerExpress, routerExpressP99, routerHttp, routerHttpP99 } from './router.mjs';
import { fetchInLoop, refreshTogether, savedToken } from './session.mjs';

/** @type {Case[]} */
export const cases = [
  importingEsm,
  startToOpener,
  savedToken,
  refreshTogether,
  fetchInLoop,
  redirect,
  fragmentFromProvider,
  firstPost,
  exiting,
  memory,
  memoryToken,
  installedPackages,
  installedSize,
  concurrencyServer,
  concurrencyRouter,
  routerExpress,
  routerHttp,
  importing,
  listening,
  listeningEsm,
  starting,
  firstRedirect,
  fragmentFromBlank,
  routerExpressP99,
  routerHttpP99,
  severalInstances,
];
