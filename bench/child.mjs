// A fresh process for the cold figures: `node child.mjs SUBJECT PHASE PORT`. Neither IPC nor streams are used, because they
// would load parts of Node (net, streams) that the subject is to be charged with. Each line written is JSON.
import { writeSync } from 'node:fs';

const [name, phase, port] = process.argv.slice(2);
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`);
const clock = () => String(process.hrtime.bigint());

if (name === 'none') {
  // Node itself, with nothing of anybody's.
  if (phase === 'memory') globalThis.setTimeout(() => say({ rss: process.memoryUsage.rss() }), 500);
} else {
  // One adapter, by its own path: the list of all would be one more file to load.
  const { load, begin } = await import(`./subjects/${name}.mjs`);
  let signIn;
  const onResult = () => {
    const at = clock();
    if (phase === 'exit') {
      say({ result: at });
      void signIn.end();
    } else {
      // The time is taken here and told later: an app's handler does not write to a pipe while its page waits.
      globalThis.setTimeout(() => {
        say({ result: at });
        process.exit(0);
      }, 50);
    }
  };

  const startedAt = clock();
  const start = globalThis.performance.now();
  const module = await load();
  const imported = globalThis.performance.now();
  const importedAt = clock();
  if (phase === 'import') {
    say({ import: imported - start });
  } else {
    signIn = await begin(module, onResult, Number(port));
    const listening = globalThis.performance.now();
    const listeningAt = clock();
    signIn.expect?.();
    const plain = { ...signIn, expect: undefined, end: undefined };
    say({
      import: imported - start,
      listening: listening - start,
      signIn: plain,
      marks: [startedAt, importedAt, listeningAt],
    });
    if (phase === 'listen') process.exit(0);
    if (phase === 'profile') globalThis.setTimeout(() => process.exit(0), 400);
    if (phase === 'memory') {
      globalThis.setTimeout(() => {
        say({ rss: process.memoryUsage.rss() });
        process.exit(0);
      }, 500);
    }
  }
}
