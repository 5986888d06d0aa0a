import { rejectionRow } from '../outcomes.js';

/** One line for the terminal; undefined for a reason that the user need not know. */
export function adviceFor(reason: string): string | undefined {
  return rejectionRow(reason)?.terminal;
}
