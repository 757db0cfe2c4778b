/**
 * Loads a bundle together with what V8 made of it at the build. Finding, reading and compiling two thousand modules is otherwise
 * most of a command's time, and a third of the time in which a killed worker is back.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

export interface Bundle {
  readonly exports: unknown;
  readonly script: Script;
}

/**
 * Beside a bundle: what V8 made of it. By Node's version too: two of Node 20 have a V8 of the same number that differ all the same, and
 * the one crashed on what the other had compiled. V8 itself refuses only another number.
 */
export function compiledOf(file: string): string {
  return `${file}.${process.version}-${process.arch}.compiled`;
}

export function load(file: string): Bundle {
  const compiled = compiledOf(file);
  // Bytes as characters, a character for a byte in V8 too: esbuild writes code in ASCII, and comments may say what they like.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) { ${readFileSync(file, 'latin1')}\n})`, {
    filename: file,
    ...(existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {}),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as (exports: unknown, require: NodeJS.Require, module: unknown, filename: string, folder: string) => void;
  run(module.exports, createRequire(file), module, file, dirname(file));
  return { exports: module.exports, script };
}
