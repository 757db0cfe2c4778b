/** Reads a .sql file of this folder. SQL lives in files, so that people and other engines can read it too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = new Map<string, string>();

/** `name` is the path below sql/, with its ending; the build copies the .sql files beside this module. */
export function readSql(name: string): string {
  const known = read.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(join(__dirname, name), 'utf8');
  read.set(name, text);
  return text;
}

/** The names of a folder's .sql files, as `readSql` takes them. */
export function sqlFilesOf(folder: string): readonly string[] {
  return readdirSync(join(__dirname, folder)).filter((name) => name.endsWith('.sql')).sort().map((name) => `${folder}/${name}`);
}
