#!/usr/bin/env bash
# A listener on `AbortSignal.timeout()` keeps Deno running until the time is over; Node and Bun end at once.
#
# Versions: Deno 2.9.6, Bun 1.4.5, Node 20.20, Linux. Seen on 1 December 2026.
# Guess: the timer is unreferenced everywhere, with or without a listener.
# Seen: Deno prints `fired` after the time; the two others end without it. Without a listener, and after it was removed, all three end.
# Consequence: a program that listens with `AbortSignal.timeout(300_000)` and forgets `removeEventListener` stays for five minutes on Deno;
#   one that has nothing but such a signal to wait for ends on Node and Bun before it fires.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent deno@2.9.6 bun@1.4.5
cat >run.mjs <<'E'
AbortSignal.timeout(500).addEventListener('abort', () => console.log('fired'));
E
for runtime in node node_modules/.bin/bun 'node_modules/.bin/deno run'; do
  echo "$(basename "${runtime%% *}"): $($runtime run.mjs)"
done | tee seen
diff seen - <<'E'
node: 
bun: 
deno: fired
E
