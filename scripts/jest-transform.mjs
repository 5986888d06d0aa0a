// How Jest compiles a test or a source file: by esbuild, as the build does it. `npm run check:types` checks the types.
import { createHash } from 'node:crypto';
import { transformSync, version } from 'esbuild';

export default {
  process: (text, file) =>
    transformSync(text, { loader: 'ts', format: 'esm', target: 'node20.19', sourcefile: file, sourcemap: 'inline' }),
  getCacheKey: (text, file) => createHash('sha256').update(`${version}\0${file}\0${text}`).digest('hex'),
};
