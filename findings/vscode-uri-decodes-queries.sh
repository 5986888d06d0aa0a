#!/usr/bin/env bash
# `vscode.Uri` decodes a whole query, so an OAuth response or request does not come out of it as it went in.
#
# Version: vscode-uri 3.2.0, Microsoft's package of the class that VS Code and its extensions use. Seen on 1 December 2026.
# Guess: `Uri.parse(text).toString()` is `text`, perhaps in another spelling with the same meaning.
# Seen: `%26` and `&`, `%2B` and `+` cannot be told apart afterwards. `toString()` encodes `=` and `&` of the whole query, too, so that no
#   parser finds a parameter; `encodeURI(toString(true))`, which VS Code's openerService opens, turns `%2B` into `+`, a space for a server.
# Consequence: a UriHandler that reads `new URLSearchParams(uri.query)` corrupts every code with a `+`; `env.openExternal` changes login URIs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log
npm install --no-audit --no-fund --silent vscode-uri@3.2.0
cat >run.mjs <<'E'
import { URI } from 'vscode-uri';
for (const query of ['code=a%2Bb&state=x', 'code=a%26b&state=x']) {
  const uri = URI.parse(`vscode://publisher.name/callback?${query}`);
  console.log(`${query}: ${uri.query} | ${uri.toString()} | ${encodeURI(uri.toString(true))}`);
}
E
node run.mjs | tee seen
diff seen - <<'E'
code=a%2Bb&state=x: code=a+b&state=x | vscode://publisher.name/callback?code%3Da%2Bb%26state%3Dx | vscode://publisher.name/callback?code=a+b&state=x
code=a%26b&state=x: code=a&b&state=x | vscode://publisher.name/callback?code%3Da%26b%26state%3Dx | vscode://publisher.name/callback?code=a&b&state=x
E
