import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @internal The xdg-open that comes with `open`, for a Linux that has none. An app that bundles this package has none. It is in a
 * file of its own, because `import.meta` is an error to what makes CommonJS of the main entry, such as babel-jest.
 */
export function findPackagedXdgOpen(): string | undefined {
  try {
    const path = fileURLToPath(new URL('xdg-open', import.meta.resolve('open')));
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined; // `open` is not installed as a package here.
  }
}
