// The baseline, but that its page says what SECURITY-REQUIREMENTS R17 asks of ours: that it keeps to itself.
import { load, packages, begin as beginBaseline } from './baseline.mjs';

export const title = 'baseline, with Cross-Origin-Opener-Policy';
export { load, packages };

/** @type {import('./index.mjs').Begin} */
export const begin = ({ listen }, onResult) =>
  beginBaseline({ listen: (onAnswer) => listen(onAnswer, { 'Cross-Origin-Opener-Policy': 'same-origin' }) }, onResult);
