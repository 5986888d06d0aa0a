#!/usr/bin/env bash
# One Ctrl+C reaches the app as several signals if it was started by some task runners.
#
# Versions: concurrently 9.2.5, nodemon 3.1.14, execa 9.6.1; Node 20.20, Linux. Seen on 1 December 2026.
# Guess: one SIGINT. The terminal sends it to the whole foreground group, and a runner that has seen it only waits.
# Seen: concurrently: two, the second after 50 to 150 ms. nodemon: three within 100 ms. execa: SIGINT, then SIGTERM after 4 ms. `deno task`,
#   `bun run` and cross-env (not run here) send it on, too: one or two within a millisecond, as they merge. npm run, yarn 1, pnpm, tsx,
#   dotenv-cli, run-s and `node --run`: one, as guessed.
# Consequence: "the second Ctrl+C ends at once" ends at the first one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent concurrently@9.2.5 nodemon@3.1.14 execa@9.6.1 @lydell/node-pty@1.1.0
cat >app.mjs <<'E'
import { writeFileSync } from 'node:fs';
const signals = [];
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (signals.push(signal) === 1) setTimeout(() => { writeFileSync('signals', String(signals)); process.exit(); }, 1500);
  });
}
setInterval(() => undefined, 1000);
console.log('READY');
E
cat >through-execa.mjs <<'E'
import { execa } from 'execa';
await execa({ stdio: 'inherit', reject: false })`node app.mjs`;
E
cat >run.mjs <<'E'
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import pty from '@lydell/node-pty';
const commands = {
  'no runner': 'node app.mjs',
  concurrently: 'node_modules/.bin/concurrently "node app.mjs"',
  nodemon: 'node_modules/.bin/nodemon app.mjs',
  execa: 'node through-execa.mjs',
};
for (const [name, command] of Object.entries(commands)) {
  rmSync('signals', { force: true });
  // A shell that stays, as a user's does.
  const terminal = pty.spawn('/bin/sh', ['-c', `trap : INT; ${command}; sleep 2`]);
  let screen = '';
  let pressed = false;
  terminal.onData((text) => {
    screen += text;
    if (pressed || !screen.includes('READY')) return;
    pressed = true;
    setTimeout(() => terminal.write('\x03'), 300);
  });
  await new Promise((resolve) => terminal.onExit(resolve));
  const signals = existsSync('signals') ? readFileSync('signals', 'utf8').split(',') : [];
  console.log(`${name}: ${signals.length > 1 ? 'several' : 'one'}`);
}
process.exit();
E
node run.mjs | tee seen
diff seen - <<'E'
no runner: one
concurrently: several
nodemon: several
execa: several
E
