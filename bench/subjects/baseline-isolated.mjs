// The baseline with the header that the package's page has (R17).
import { load, packages, begin as beginBaseline } from './baseline.mjs';

export const title = 'baseline, with Cross-Origin-Opener-Policy';
export { load, packages };

/** @type {import('./index.mjs').Begin} */
export const begin = ({ listen }, onResult) =>
  beginBaseline(
    { listen: (onResponse) => listen(onResponse, { 'Cross-Origin-Opener-Policy': 'same-origin' }) },
    onResult,
  );
