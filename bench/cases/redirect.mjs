// What a user can feel during a sign-in.
import { navigate, postFragment } from '../client.mjs';
import { freshProcess, milliseconds, pause, worker } from '../processes.mjs';
import { subjectNames } from '../subjects/index.mjs';

/** Warm processes, one for each subject, started when first needed and warmed up by some sign-ins. */
function warm(measure) {
  return async () => {
    const workers = new Map();
    const one = async (column) => {
      if (!workers.has(column)) {
        workers.set(column, await worker(column));
        for (let index = 0; index < 100; index += 1) await signIn(workers.get(column));
      }
      return workers.get(column);
    };
    return {
      async sample(column) {
        return measure(await signIn(await one(column)));
      },
      async close() {
        await Promise.all([...workers.values()].map((process) => process.close()));
      },
    };
  };
}

/** One sign-in, from begin to end; the redirect arrives some time after the server listens, as it does in a browser. */
async function signIn(process) {
  const { signIn, took } = await process.begin();
  await pause(15);
  const [{ start, end, socket }, received] = await Promise.all([navigate(signIn), process.result()]);
  socket.destroy();
  await process.end();
  return { took, redirect: milliseconds(start, end > received ? end : received) };
}

export const starting = {
  name: 'start',
  title: 'start() to listening, warm',
  unit: 'ms',
  method:
    'A process that has signed in 100 times begins the next sign-in: performance.now() from the call until the server listens.',
  columns: subjectNames,
  baseline: 'baseline',
  targets: [{ column: 'ours', against: 'baseline', ratio: 2 }],
  runs: 200,
  open: warm(({ took }) => took),
};

export const redirect = {
  name: 'redirect',
  title: 'redirect to event and page, warm',
  isPublished: true,
  unit: 'ms',
  method:
    'The process of `start` is sent the authorization response with a browser’s headers on a new connection, by another process that keeps the clock (CLOCK_MONOTONIC is common to both): until the whole page has arrived and the app has its event.',
  columns: subjectNames,
  baseline: 'baseline',
  targets: [{ column: 'ours', against: 'baseline', ratio: 1.3 }],
  runs: 200,
  open: warm(({ redirect }) => redirect),
};

/** The first sign-in of a fresh process, which has listened for 300 ms; `respond` is the browser's part. */
const cold = (subjectOf, respond) => async () => ({
  async sample(column) {
    const { next, exited } = await freshProcess(subjectOf(column), 'redirect');
    const { signIn } = await next();
    await pause(300);
    const [{ start, end, socket }, { result }] = await Promise.all([respond(signIn), next()]);
    socket.destroy();
    await exited;
    const received = BigInt(result);
    return milliseconds(start, end > received ? end : received);
  },
  async close() {},
});

export const firstRedirect = {
  name: 'first-redirect',
  title: 'first redirect, cold, 300 ms after listening',
  unit: 'ms',
  method: 'As `redirect`, but to a fresh process that has listened for 300 ms and has not had any request before.',
  columns: subjectNames,
  baseline: 'baseline',
  targets: [{ column: 'ours', against: 'baseline', ratio: 2 }],
  runs: 40,
  open: cold((column) => column, navigate),
};

export const firstPost = {
  name: 'first-post',
  title: 'first POST of a fragment, cold',
  unit: 'ms',
  method:
    'A fresh process that has listened for 300 ms serves the page, then receives the fragment with the headers of the page’s fetch(): from sending it until the response has arrived and the app has its event.',
  columns: ['baseline', 'ours'],
  baseline: 'baseline',
  // Half of what the same request takes if it loads Express.
  targets: [{ column: 'ours', limit: 6.25 }],
  isPublished: true,
  runs: 40,
  open: cold(
    (column) => (column === 'ours' ? 'ours-token' : column),
    async ({ port, method, fragment, forward }) => {
      const page = await navigate({ port, method, target: fragment.split('#')[0] });
      page.socket.destroy();
      return postFragment({ port, ...forward });
    },
  ),
};
