import { readFileSync } from 'node:fs';

/** A file of templates/. */
export type TemplateFile = 'callback.html' | 'auth_assets/main.js' | 'auth_assets/main.css' | 'auth_assets/logo.svg';

/** Reads a file of templates/. The build answers with a module that holds the texts, so that apps can bundle the package. */
export function readTemplate(file: TemplateFile): string {
  return readFileSync(new URL(`../../templates/${file}`, import.meta.url), 'utf8');
}
