import { describe, expect, it } from '@jest/globals';
import { readTemplate } from '#src/page/template-files.js';
import { elementsOf, parseHtml, textOf } from '../helpers/html.js';
import { root, run } from '../helpers/package.js';

const printPage = `
  import { AuthServer } from 'embed-auth-server';
  const server = new AuthServer('http://127.0.0.1:0/callback');
  await server.start();
  const response = await fetch(server.redirectUri);
  console.log(await response.text());
  await server.stop();
`;

/** The elements of a page with their attributes, without what the server adds. */
function structureOf(html: string): string[] {
  return elementsOf(parseHtml(html))
    .filter(({ nodeName }) => nodeName !== 'script' && nodeName !== 'html')
    .map(({ nodeName, attrs = [] }) => {
      const own = attrs.filter(({ name }) => name !== 'nonce').map(({ name, value }) => `${name}=${value}`);
      return [nodeName, ...own.sort()].join(' ');
    });
}

describe('The built-in page of dist/', () => {
  it('has the elements of templates/callback.html, and no comment or line break', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', printPage], { cwd: root });
    const page = stdout.trim();
    const template = readTemplate('callback.html');
    expect(structureOf(template)).toContain('h1 data-auth-heading=');
    expect(structureOf(page)).toEqual(structureOf(template));
    const [style] = elementsOf(parseHtml(page)).filter(({ nodeName }) => nodeName === 'style');
    expect(style && textOf(style)).toMatch(/^:root\{.*\}$/);
    expect(page).not.toMatch(/\n|<!--|\/\*/);
    expect(page.length).toBeLessThan(0.75 * (template.length + readTemplate('auth_assets/main.js').length));
  });
});
