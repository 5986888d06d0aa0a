// The authorization server of these examples, by itself: it lives until Ctrl-C, and several examples may use it.
import { once } from 'node:events';
import { startAuthorizationServer } from './index.js';

await using server = await startAuthorizationServer({ port: Number(process.env['EXAMPLE_PORT'] ?? 5550) });
console.log(`The authorization server of the examples is at ${server.issuer.origin} (ada, lovelace; grace, hopper).`);
console.log(
  `Let an example use it:\nEXAMPLE_ISSUER=${server.issuer.origin} npx tsx examples/persistent-config/index.ts`,
);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
