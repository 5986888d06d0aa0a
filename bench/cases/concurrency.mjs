import { navigate } from '../client.mjs';
import { worker } from '../processes.mjs';

const counts = [1, 3, 10, 30, 100, 300, 1000];
// Every sample has at least this many sign-ins: processor time is measured too coarsely for fewer.
const atLeast = 300;

function curve(kind) {
  return async () => {
    let process;
    const sample = async (count) => {
      const rounds = Math.ceil(atLeast / count);
      let cost = 0;
      for (let round = 0; round < rounds; round += 1) {
        process.child.send({ expect: count });
        const { requests } = await process.take('requests');
        process.child.send({ meter: true });
        await process.take('metered');
        for (const request of requests) {
          const { head, socket } = await navigate(request);
          socket.destroy();
          if (!head.startsWith('HTTP/1.1 200')) throw new Error(`a sign-in was rejected: ${head.slice(0, 40)}`);
        }
        process.child.send({ meter: true });
        const { metered, signedIn } = await process.take('metered');
        if (signedIn !== count) throw new Error(`${signedIn} of ${count} sign-ins reached the app`);
        cost += metered;
      }
      return cost / rounds / count;
    };
    return {
      async sample(column) {
        if (process === undefined) {
          process = await worker(kind, 'concurrency-worker.mjs');
          await sample(1000);
        }
        return sample(Number(column));
      },
      async close() {
        await process?.close();
      },
    };
  };
}

const common = {
  unit: 'ms',
  columns: counts.map(String),
  baseline: '1',
  targets: [{ column: '1000', against: '1', ratio: 1.25, text: 'at most 1.25 x the cost with one expected' }],
  isPublished: true,
  runs: 10,
};

export const concurrencyServer = {
  ...common,
  name: 'concurrency-server',
  title: 'cost of a sign-in, by the number expected by one AuthServer',
  method:
    'That many requests are expected at once, then a response arrives for each. Processor time of the server’s process (user and system) for each sign-in, event and page included.',
  open: curve('server'),
};

export const concurrencyRouter = {
  ...common,
  name: 'concurrency-router',
  title: 'cost of a sign-in, by the number open in createCallbackRouter',
  method: 'The same in an existing Express server, with one session and cookie for each expected sign-in.',
  open: curve('router'),
};
