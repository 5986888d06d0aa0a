// A long-lived process for the warm figures: `fork('worker.mjs', [SUBJECT])`. It begins and ends sign-ins on request.
import { subject } from './subjects/index.mjs';

const { load, begin } = await subject(process.argv[2]);
const module = await load();
let signIn;
let received;

process.on('message', async (message) => {
  if (message.begin) {
    received = new Promise((resolve) => {
      signIn = undefined;
      const start = globalThis.performance.now();
      void begin(
        module,
        () => {
          const at = String(process.hrtime.bigint());
          resolve();
          // Reported after the turn: an app's handler does not write to a pipe while its page waits.
          globalThis.setImmediate(() => process.send({ result: at }));
        },
        message.port,
      ).then((begun) => {
        const took = globalThis.performance.now() - start;
        signIn = begun;
        begun.expect?.();
        const plain = { ...begun, expect: undefined, end: undefined };
        process.send({ begun: plain, took });
      });
    });
  } else if (message.end) {
    // Some peers cannot be stopped: their result stops them.
    if (message.afterResult) await received;
    await signIn.end();
    process.send({ ended: true });
  }
});
process.send({ ready: true });
