/** Every page contains the picture. */
const maxBytes = 256 * 1024;

const types: ReadonlyMap<string, string> = new Map([
  ['svg', 'image/svg+xml'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['avif', 'image/avif'],
  ['ico', 'image/x-icon'],
]);

type Logo = string | URL | { readonly url: string };

/** Where the picture is: its address in the page, or a file that becomes one. */
type LogoPlace = { readonly src: string } | { readonly file: string | URL; readonly type: string };

/** @internal Finds the place of `logo`. Throws a TypeError if the page cannot show it. */
export function findLogo(logo: Logo | undefined): LogoPlace | undefined {
  if (logo === undefined) return undefined;
  if (typeof logo === 'string' && /^data:image\//i.test(logo)) return { src: logo };
  if (typeof logo === 'object' && (logo as unknown) !== null && 'url' in logo) {
    if (typeof logo.url === 'string' && /^\/(?!\/)[!-[\]-~]*$/.test(logo.url)) return { src: logo.url };
    throw new TypeError('`logo.url` must be a path of this server, such as /logo.svg, which `handler` serves');
  }
  const name =
    typeof logo === 'string' ? logo : logo instanceof URL && logo.protocol === 'file:' ? logo.pathname : undefined;
  if (name === undefined || (typeof logo === 'string' && /^[a-z][a-z\d+.-]+:/i.test(logo))) {
    throw new TypeError(
      '`logo` must be an image file, a data: URI of an image, or { url } with a path of this server: the page loads nothing from another host',
    );
  }
  const type = types.get(/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '');
  if (type === undefined) throw new TypeError(`\`logo\` must be a file of a picture: ${[...types.keys()].join(', ')}`);
  return { file: logo instanceof URL ? logo : name, type };
}

/** @internal The picture's address in the page: a file becomes a `data:` URI. Rejects if it cannot be read, or is too large. */
export async function loadLogo(logo: Logo | undefined): Promise<string | undefined> {
  const place = findLogo(logo);
  if (place === undefined || 'src' in place) return place?.src;
  const { readFile } = await import('node:fs/promises');
  const content = await readFile(place.file);
  if (content.length > maxBytes) throw new RangeError(`it has more than ${maxBytes} bytes`);
  return `data:${place.type};base64,${content.toString('base64')}`;
}
