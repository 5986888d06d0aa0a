// What a registry and its users would see of the package: packs dist as it is, without building it again, and has the
// tarball judged by publint, by "are the types wrong?", and by npm itself. Nothing is published.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(path.join(tmpdir(), 'embed-auth-server-check-'));
// npm.cmd needs a shell on Windows; npm's own script does not.
const npm =
  process.platform === 'win32'
    ? [process.execPath, path.join(path.dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')]
    : ['npm'];

/** Runs one of the tools of node_modules. */
function judge(tool, ...args) {
  console.log(`\n${[path.basename(tool, path.extname(tool)), ...args].join(' ')}`);
  const { status } = spawnSync(process.execPath, [path.join(root, 'node_modules', tool), ...args], {
    stdio: 'inherit',
  });
  return status === 0;
}

/** npm mends what it finds wrong in package.json, and says so in a warning that stops nobody. */
function publishes(tarball) {
  console.log('\nnpm publish --dry-run');
  const [command, ...rest] = npm;
  // Under a tag of its own, because a version that is older than the newest published may not become the latest.
  const { status, stdout, stderr } = spawnSync(
    command,
    [...rest, 'publish', tarball, '--dry-run', '--ignore-scripts', '--tag', 'check'],
    { cwd: folder, encoding: 'utf8' },
  );
  const warnings = stderr
    .split('\n')
    .filter((line) => /^npm (?:warn publish|error)/.test(line) && !line.includes('requires you to be logged in'));
  console.log([...warnings, stdout.trim()].join('\n'));
  return status === 0 && warnings.length === 0;
}

try {
  const [command, ...rest] = npm;
  execFileSync(command, [...rest, 'pack', '--ignore-scripts', '--pack-destination', folder, '--silent'], { cwd: root });
  const [name] = await readdir(folder);
  const tarball = path.join(folder, name);
  const verdicts = [
    judge('publint/src/cli.js', 'run', tarball, '--strict'),
    // A CommonJS app gets the ES module: every Node that `engines` allows can require() it. The tests do so.
    judge(
      '@arethetypeswrong/cli/dist/index.js',
      tarball,
      '--profile',
      'node16',
      '--ignore-rules',
      'cjs-resolves-to-esm',
    ),
    publishes(tarball),
  ];
  process.exitCode = verdicts.every(Boolean) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
