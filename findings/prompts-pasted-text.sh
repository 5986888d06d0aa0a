#!/usr/bin/env bash
# `prompts`: what is pasted is not what is read.
#
# Version: prompts 2.4.2; for comparison @clack/prompts 1.9.0 and @inquirer/prompts 8.7.5. Node 20.20, Linux. Seen on 1 December 2026.
# Guess: of two pasted lines the first is the answer and the second is lost or goes to the next question; a bracketed paste is read
#   without its brackets.
# Seen: two lines become one answer, joined. A bracketed paste gets the word "undefined" twice, once torn apart by the text. The two others
#   read the first line, and the text without brackets.
# Consequence: a callback URI that was pasted with a line break, or into a terminal with bracketed paste, is damaged before the app sees it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent prompts@2.4.2 @clack/prompts@1.9.0 @inquirer/prompts@8.7.5 @lydell/node-pty@1.1.0
cat >ask.mjs <<'E'
import * as clack from '@clack/prompts';
import * as inquirer from '@inquirer/prompts';
import prompts from 'prompts';
const ask = {
  prompts: async () => (await prompts({ type: 'text', name: 'value', message: 'Paste it' })).value,
  clack: () => clack.text({ message: 'Paste it' }),
  inquirer: () => inquirer.input({ message: 'Paste it' }),
};
const answer = await ask[process.argv[2]]();
console.log(`\nANSWER ${answer} END`);
process.exit();
E
cat >run.mjs <<'E'
import pty from '@lydell/node-pty';
for (const name of ['prompts', 'clack', 'inquirer']) {
  for (const pasted of ['one\rtwo\r', '\x1b[200~text\x1b[201~\r']) {
    const terminal = pty.spawn('node', ['ask.mjs', name], { cols: 200, env: { ...process.env, CI: '' } });
    let screen = '';
    terminal.onData((text) => {
      const seen = screen.includes('Paste');
      screen += text;
      if (!seen && screen.includes('Paste')) setTimeout(() => terminal.write(pasted), 500);
    });
    await new Promise((resolve) => terminal.onExit(resolve));
    console.log(`${name}: ${/ANSWER (.*) END/.exec(screen)?.[1]}`);
  }
}
process.exit();
E
node run.mjs | tee seen
diff seen - <<'E'
prompts: onetwo
prompts: utextundefinedndefined
clack: one
clack: text
inquirer: one
inquirer: text
E
