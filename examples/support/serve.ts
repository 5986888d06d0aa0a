// Runs the examples' authorization server until Ctrl-C, so that several runs of an example can use it.
import { once } from 'node:events';
import { startDemoServer } from './demo-server.js';

await using server = await startDemoServer({ port: Number(process.env['EXAMPLE_PORT'] ?? 5550) });
console.log('The authorization server of the examples is running. Let an example use it:');
console.log(`EXAMPLE_ISSUER=${server.issuer} npx tsx examples/persistent-config/index.ts`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
