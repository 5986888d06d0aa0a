import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects garbage, and returns how many of these objects something still refers to. */
export async function countKept(references: readonly WeakRef<object>[]): Promise<number> {
  // What a turn of the event loop has read from a WeakRef is kept until its end.
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void; // What the flag adds to a new context.
  collectGarbage();
  return references.filter((reference) => reference.deref() !== undefined).length;
}
