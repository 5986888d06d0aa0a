import type { PageLanguage } from './language.js';
import { language as english } from './texts/en.js';

/** Every language but English, loaded when a browser asks for it. */
const loaders = new Map<string, () => Promise<{ readonly language: PageLanguage }>>([
  ['de', () => import('./texts/de.js')],
  ['fr', () => import('./texts/fr.js')],
  ['es', () => import('./texts/es.js')],
  ['pt', () => import('./texts/pt.js')],
  ['ja', () => import('./texts/ja.js')],
  ['zh', () => import('./texts/zh.js')],
  ['zh-Hant', () => import('./texts/zh-hant.js')],
  ['it', () => import('./texts/it.js')],
  ['nl', () => import('./texts/nl.js')],
  ['pl', () => import('./texts/pl.js')],
  ['ko', () => import('./texts/ko.js')],
  ['ar', () => import('./texts/ar.js')],
  ['he', () => import('./texts/he.js')],
]);

/**
 * @internal Loads the texts of one of `pageLanguages`. English for any other tag, and if the file cannot be loaded, as in an
 * app that was bundled without it: a sign-in is worth more than its language.
 */
export async function loadLanguage(tag: string): Promise<PageLanguage> {
  try {
    return (await loaders.get(tag)?.())?.language ?? english;
  } catch {
    return english;
  }
}
