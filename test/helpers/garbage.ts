import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects garbage, and returns how many of these objects something still refers to. */
export async function countKept(references: readonly WeakRef<object>[]): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void; // What the flag adds to a new context.
  // The first collection may complete one that V8 had begun before, which keeps what it has marked by then: on a busy machine
  // that takes long. The second one begins anew.
  for (let collection = 0; collection < 2; collection += 1) {
    // What a turn of the event loop has read from a WeakRef is kept until its end.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return references.filter((reference) => reference.deref() !== undefined).length;
}
