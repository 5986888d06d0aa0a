// Prints what CHANGELOG.md says of a version: node scripts/release-notes.mjs 1.0.0
import { readFile } from 'node:fs/promises';

const [version] = process.argv.slice(2);
if (version === undefined) throw new TypeError('Which version? node scripts/release-notes.mjs 1.0.0');
const changelog = await readFile(new URL('../CHANGELOG.md', import.meta.url), 'utf8');
// Keep a Changelog: `## [1.0.0] - 2026-11-24`, then its text, then the next version or the links.
const sections = changelog.split(/^## /m).slice(1);
// What is released has a date; `[Unreleased]`, which may have a text all the same, has none.
const section = sections.find((text) => text.startsWith(`[${version}] - `));
const notes = section
  ?.slice(section.indexOf('\n'))
  .replace(/^\[[^\]]+\]: .*$/gm, '')
  .trim();
if (notes === undefined || notes === '') throw new Error(`CHANGELOG.md says nothing of ${version}`);
console.log(notes);
