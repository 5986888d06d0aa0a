#!/usr/bin/env bash
# Ctrl+C during a spinner of @clack/prompts ends the process with status 0, and the app's SIGINT handler never runs.
#
# Version: @clack/prompts 1.9.0 on Node 20.20 and 26.10, Bun 1.4.5 and Deno 2.9.6, Linux. Seen on 1 December 2026 (run here: Node).
# Guess: the handler runs; without one, the process ends by SIGINT (status 130).
# Seen: the spinner puts the terminal into raw mode, so that no signal is sent, and calls `process.exit(0)` for the key.
# Consequence: `sign-in && deploy` deploys after a cancelled sign-in, and nothing that waits for SIGINT is cleaned up.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent @clack/prompts@1.9.0 @lydell/node-pty@1.1.0
cat >app.mjs <<'E'
import { spinner } from '@clack/prompts';
process.on('SIGINT', () => { console.log('HANDLER'); process.exit(130); });
spinner().start('Waiting for the browser');
setTimeout(() => process.exit(1), 8000);
E
cat >run.mjs <<'E'
import pty from '@lydell/node-pty';
const terminal = pty.spawn('node', ['app.mjs'], { env: { ...process.env, CI: '' } });
let screen = '';
terminal.onData((text) => {
  const seen = screen.includes('Waiting');
  screen += text;
  if (!seen && screen.includes('Waiting')) setTimeout(() => terminal.write('\x03'), 500);
});
const { exitCode, signal } = await new Promise((resolve) => terminal.onExit(resolve));
console.log(`status ${exitCode}, signal ${signal}, handler ${screen.includes('HANDLER') ? 'ran' : 'did not run'}`);
process.exit();
E
node run.mjs | tee seen
diff seen - <<'E'
status 0, signal 0, handler did not run
E
