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

describe('The built-in page of dist/', () => {
  it('is templates/callback.html, which dist/ holds as text', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', printPage], { cwd: root });
    const styles = (html: string): string[] =>
      elementsOf(parseHtml(html))
        .filter(({ nodeName }) => nodeName === 'style')
        .map(textOf);
    expect(styles(stdout)).toEqual(styles(readTemplate('callback.html')));
    expect(stdout).toContain(readTemplate('auth_assets/main.js').trim());
  });
});
