import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The path of a program on PATH, or in the folders that Debian keeps for root. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // Not in this folder.
  }
}
