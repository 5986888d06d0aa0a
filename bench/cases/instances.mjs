const concurrency = 50;
// Processor time is measured in hundredths of a second.
const signIns = 200;

export const severalInstances = {
  name: 'instances',
  title: 'cost of a sign-in, by the number of instances behind a proxy',
  unit: 'ms',
  method:
    'examples/existing-server with Redis behind nginx in round robin; 50 browsers sign in at a time. Processor time of all instances (user and system) for each sign-in: login, callback and profile. It needs Linux, redis-server, nginx and test/compat.',
  columns: ['1', '2'],
  baseline: '1',
  targets: [],
  isLast: true,
  runs: 10,
  async open() {
    // It needs dist/, which is built by then.
    const { openClusters } = await import('../instances.mjs');
    const clusters = await openClusters([1, 2], concurrency);
    if (clusters.obstacle !== undefined) return clusters;
    return {
      async sample(column) {
        const { times, used } = await clusters.signIn(Number(column), signIns);
        if (times.length !== signIns) throw new Error(`${signIns - times.length} sign-ins failed`);
        return (used.instances * 1000) / signIns;
      },
      close: clusters.close,
    };
  },
};
