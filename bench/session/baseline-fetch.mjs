// Requests in a loop, with a token that is in memory.
const headers = { authorization: 'Bearer saved' };

process.on('message', async ({ uri, requests }) => {
  const start = globalThis.performance.now();
  for (let count = 0; count < requests; count += 1) await (await fetch(uri, { headers })).arrayBuffer();
  process.send({ took: (globalThis.performance.now() - start) / requests });
});
process.send({ ready: true });
