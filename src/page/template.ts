import { TemplateError } from '../errors.js';
import { missingPermission } from '../missing-permission.js';
import { callbackHtml } from './default-templates.js';
import { compileHtml, type HtmlTemplate } from './html-template.js';
import type { CallbackPageOptions } from './options.js';

/** @internal A template that is the same for every response, and the folder whose files are served with it. */
export interface LoadedTemplate {
  readonly html: HtmlTemplate;
  readonly folder: string | undefined;
}

let builtInPage: HtmlTemplate | undefined;

/**
 * @internal Loads the built-in page, a template string or a template file.
 * @throws TemplateError if the file cannot be read
 */
export async function loadTemplate(
  template: string | undefined,
  templatePath: CallbackPageOptions['templatePath'],
): Promise<LoadedTemplate> {
  if (templatePath !== undefined) return readTemplate(templatePath);
  const html = template === undefined ? (builtInPage ??= compileHtml(callbackHtml)) : compileHtml(template);
  return { html, folder: undefined };
}

async function readTemplate(templatePath: string | URL): Promise<LoadedTemplate> {
  const { readFile, stat } = await import('node:fs/promises');
  const { default: path } = await import('node:path');
  const { fileURLToPath } = await import('node:url');
  try {
    const place = templatePath instanceof URL ? fileURLToPath(templatePath) : templatePath;
    const folder = (await stat(place)).isDirectory() ? place : undefined;
    const html = await readFile(folder === undefined ? place : path.join(folder, 'index.html'), 'utf8');
    return { html: compileHtml(html), folder };
  } catch (error) {
    const flag = missingPermission(error);
    const advice =
      flag === undefined ? 'it must be an HTML file, or a folder with an index.html' : `run this program with ${flag}`;
    throw new TemplateError(
      'TEMPLATE_UNREADABLE',
      `The callback page at \`templatePath\` could not be read: ${advice}.`,
      { cause: error },
    );
  }
}
