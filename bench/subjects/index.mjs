/**
 * What is measured, by name.
 *
 * @typedef {object} SignIn A sign-in that has been begun: its server listens.
 * @property {number} port - where
 * @property {'GET' | 'POST'} method - how the authorization response is brought
 * @property {string} target - and to which path, with its query
 * @property {string} [body] - the urlencoded body of a POST
 * @property {string} [fragment] - path and fragment of an implicit grant, for those who take one
 * @property {string} idle - a path that does not use the sign-in up, for a socket that is then kept open
 * @property {() => void} [expect] - makes the request, where that is a step of its own after listening
 * @property {() => Promise<unknown>} end - what an app does when it has its result
 *
 * @typedef {(module: any, onResult: () => void, port: number) => Promise<SignIn>} Begin
 *
 * @typedef {object} Subject
 * @property {string} title - its name in tables
 * @property {string[]} packages - what its users install
 * @property {() => Promise<any>} load - imports it
 * @property {Begin} begin - starts to listen; `port` is free, for those that cannot say which they took
 */

const subjects = {
  baseline: () => import('./baseline.mjs'),
  ours: () => import('./ours.mjs'),
  'oauth-callback': () => import('./oauth-callback.mjs'),
  'local-auth': () => import('./local-auth.mjs'),
  'msal-node': () => import('./msal-node.mjs'),
};

/** The names, in the order of the tables. */
export const subjectNames = Object.keys(subjects);

/** Those of the cases in a browser alone. */
const inBrowser = {
  'ours-token': () => import('./ours-token.mjs'),
  'baseline-isolated': () => import('./baseline-isolated.mjs'),
};

/** Those that are neither the baseline nor ours. */
export const peerNames = subjectNames.filter((name) => name !== 'baseline' && name !== 'ours');

/**
 * Loads an adapter; the package that it measures is not loaded by that.
 *
 * @param {string} name
 * @returns {Promise<Subject>}
 */
export const subject = (name) => (subjects[name] ?? inBrowser[name])();
