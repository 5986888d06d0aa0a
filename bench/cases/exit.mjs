import { navigate, silentSocket } from '../client.mjs';
import { freshProcess, milliseconds } from '../processes.mjs';
import { subjectNames } from '../subjects/index.mjs';

export const exiting = {
  name: 'exit',
  title: 'result to process exit, busy sockets',
  unit: 'ms',
  method:
    'A fresh process has an idle keep-alive connection and a silent one, as browsers open them. From the event, whose handler stops the server and does nothing else, to the end of the process as its parent sees it.',
  columns: subjectNames,
  baseline: 'baseline',
  targets: [{ column: 'ours', against: 'baseline', ratio: 2, limit: 10 }],
  isPublished: true,
  runs: 40,
  async open() {
    return {
      async sample(column) {
        const { next, exited, kill } = await freshProcess(column, 'exit', { timeout: 8000 });
        try {
          const { signIn } = await next();
          const silent = await silentSocket(signIn.port);
          silent.on('error', () => undefined);
          const idle = await navigate({ port: signIn.port, method: 'GET', target: signIn.idle });
          idle.socket.on('error', () => undefined);
          const [, { result }] = await Promise.all([navigate(signIn), next()]).catch((cause) => {
            throw new Error('the sign-in was lost', { cause });
          });
          const { at, signal } = await exited;
          if (signal !== null) throw new Error('does not exit within 8 s');
          return milliseconds(BigInt(result), at);
        } catch (error) {
          await kill();
          throw error;
        }
      },
      async close() {},
    };
  },
};
