/**
 * The subjects: what is measured, by name.
 *
 * @typedef {object} SignIn A sign-in that has begun: its server listens.
 * @property {number} port - the port of that server
 * @property {'GET' | 'POST'} method - the method of the authorization response
 * @property {string} target - its path and query
 * @property {string} [body] - its urlencoded body, if it is a POST
 * @property {string} [fragment] - path and fragment of an implicit grant, if supported
 * @property {{ target: string, contentType: string, body: string }} [forward] - what the page then sends
 * @property {string} idle - a path that does not use the sign-in up, for a socket that is kept open
 * @property {() => void} [expect] - makes the request, if that is a separate step after listening
 * @property {() => Promise<unknown>} end - what an app does when it has its result
 *
 * @typedef {(module: any, onResult: () => void, port: number) => Promise<SignIn>} Begin
 *
 * @typedef {object} Subject
 * @property {string} title - its name in tables
 * @property {string[]} packages - what its users install
 * @property {() => Promise<any>} load - imports it
 * @property {Begin} begin - starts to listen; `port` is free, for subjects that cannot listen on port 0
 */

const subjects = {
  baseline: () => import('./baseline.mjs'),
  ours: () => import('./ours.mjs'),
  'oauth-callback': () => import('./oauth-callback.mjs'),
  'local-auth': () => import('./local-auth.mjs'),
  'msal-node': () => import('./msal-node.mjs'),
};

/** The names in the order of the tables. */
export const subjectNames = Object.keys(subjects);

/** Variants that only some cases measure. */
const variants = {
  'ours-token': () => import('./ours-token.mjs'),
  'baseline-isolated': () => import('./baseline-isolated.mjs'),
};

/** The other packages. */
export const peerNames = subjectNames.filter((name) => name !== 'baseline' && name !== 'ours');

/**
 * Loads an adapter, but not yet the package that it measures.
 *
 * @param {string} name
 * @returns {Promise<Subject>}
 */
export const subject = (name) => (subjects[name] ?? variants[name])();
