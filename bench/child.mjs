// A fresh process for the cold figures: `node child.mjs SUBJECT PHASE PORT`. It uses neither IPC nor streams, because they
// would load parts of Node (net, streams) whose cost belongs to the subject. Each line written is JSON.
import { writeSync } from 'node:fs';

const [name, phase, port] = process.argv.slice(2);
const report = (message) => writeSync(1, `${JSON.stringify(message)}\n`);
const clock = () => String(process.hrtime.bigint());

if (name === 'none') {
  // Bare Node.
  if (phase === 'memory') globalThis.setTimeout(() => report({ rss: process.memoryUsage.rss() }), 500);
} else {
  // The adapter's own path: the list of all subjects would be one more file to load.
  const { load, begin } = await import(`./subjects/${name}.mjs`);
  let signIn;
  const onResult = () => {
    const at = clock();
    if (phase === 'exit') {
      report({ result: at });
      void signIn.end();
    } else {
      // Reported later: an app's handler does not write to a pipe while its page waits.
      globalThis.setTimeout(() => {
        report({ result: at });
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
    report({ import: imported - start });
  } else {
    signIn = await begin(module, onResult, Number(port));
    const listening = globalThis.performance.now();
    const listeningAt = clock();
    signIn.expect?.();
    const plain = { ...signIn, expect: undefined, end: undefined };
    report({
      import: imported - start,
      listening: listening - start,
      signIn: plain,
      marks: [startedAt, importedAt, listeningAt],
    });
    if (phase === 'listen') process.exit(0);
    if (phase === 'profile') globalThis.setTimeout(() => process.exit(0), 400);
    if (phase === 'memory') {
      globalThis.setTimeout(() => {
        report({ rss: process.memoryUsage.rss() });
        process.exit(0);
      }, 500);
    }
  }
}
