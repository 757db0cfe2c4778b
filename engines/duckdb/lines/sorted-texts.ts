/**
 * A group's texts in the order of their rows, without those that went another way (contested-texts.ts): by merchant, creation, payment. So DuckDB
 * need not sort them, and what it needs does not grow with what a merchant has. A run of some mebibytes is sorted at a time; where there are
 * several they are merged.
 */
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import type { CompiledTexts } from './compiled-texts';
import type { GrownFile } from './growing-file';
import { writeAll } from './write-all';

/** Few enough that two threads' take less than DuckDB does, and enough that most groups are one run. */
const RUN_BYTES = 16 * 1024 * 1024;
/** More than the longest text has. */
const LONGEST_BYTES = 128 * 1024;
/** Fewer than the shortest one has: there is an entry for each, however little they say. */
const SHORTEST_BYTES = 64;
const WRITE_BYTES = 1024 * 1024;
/** What is written at once, with room for the text that goes beyond it. */
const WRITTEN_BYTES = WRITE_BYTES + LONGEST_BYTES;

/**
 * Into `out`, where there is one; answers with how many there are. The files go once they are read: an hour of one merchant would else lie on the
 * disk three times. Others that it makes begin with the name of `out`, and go too.
 */
export function sortTexts(compiled: CompiledTexts, files: readonly GrownFile[], out: string, runBytes = RUN_BYTES): number {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const capacity = Math.max(LONGEST_BYTES, Math.min(runBytes, total));
  const stream = new FilesInARow(files.map(({ path }) => path));
  const runs: string[] = [];
  let texts = 0;
  try {
    for (let rest = Buffer.alloc(0), read = 0; read < total;) {
      const start = compiled.openTexts(Math.ceil(capacity / SHORTEST_BYTES), capacity + WRITTEN_BYTES);
      const from = start + rest.copy(compiled.memory, start);
      const end = stream.fill(compiled.memory, from, start + capacity);
      if (end === from) throw new Error(`the texts for ${out} ended at ${read}, before ${total}`);
      read += end - from;
      const taken = compiled.addTexts(start, end);
      if (taken === start || (read === total && taken !== end)) throw new Error(`there is no end of a text for ${out}`);
      rest = Buffer.from(compiled.memory.subarray(taken, end));
      if (compiled.count === 0) continue;
      const run = read === total && runs.length === 0 ? out : `${out}-run-${runs.length}`;
      writeSorted(compiled, start + capacity, run);
      runs.push(run);
      texts += compiled.count;
    }
  } finally {
    stream.close();
  }
  for (const { path } of files) rmSync(path);
  if (runs.length === 0 || runs[0] === out) return texts;
  merge(compiled, runs, capacity, out);
  for (const run of runs) rmSync(run);
  return texts;
}

function writeSorted(compiled: CompiledTexts, free: number, out: string): void {
  compiled.sortTexts();
  const file = openSync(out, 'w');
  try {
    for (let from = 0; from < compiled.count;) {
      const { next, end } = compiled.putSorted(from, free, free + WRITE_BYTES);
      writeAll(file, compiled.memory, free, end);
      from = next;
    }
  } finally {
    closeSync(file);
  }
}

function merge(compiled: CompiledTexts, runs: readonly string[], capacity: number, out: string): void {
  // Of each run a part is in memory, which holds the longest text whatever comes.
  const partBytes = Math.max(LONGEST_BYTES, Math.floor(capacity / runs.length));
  const start = compiled.openRuns(runs.length, runs.length * partBytes + WRITTEN_BYTES);
  const free = start + runs.length * partBytes;
  const sources: RunSource[] = [];
  const file = openSync(out, 'w');
  try {
    for (const [run, path] of runs.entries()) sources.push(new RunSource(compiled, { run, path, at: start + run * partBytes, bytes: partBytes }));
    for (const source of sources) source.bring();
    for (let end = free, more = true; more;) {
      const merged = compiled.mergeRuns(end, free + WRITE_BYTES);
      end = merged.end;
      if (merged.usedUp !== null) {
        sources[merged.usedUp]!.bring();
        continue;
      }
      more = end >= free + WRITE_BYTES;
      writeAll(file, compiled.memory, free, end);
      end = free;
    }
  } finally {
    closeSync(file);
    for (const source of sources) source.close();
  }
}

/** A run's file, of which a part at a time is where the others' are. */
class RunSource {
  private readonly file: number;
  /** in the file, of what is in memory */
  private from = 0;

  constructor(private readonly compiled: CompiledTexts, private readonly place: { readonly run: number; readonly path: string; readonly at: number; readonly bytes: number }) {
    this.file = openSync(place.path, 'r');
  }

  /** What follows the texts that were used: the last of a part may be a piece of one. */
  bring(): void {
    const { compiled, place: { run, at, bytes } } = this;
    this.from += Math.max(0, compiled.takenTo(run) - at);
    compiled.setRun(run, at, at + readSync(this.file, compiled.memory, at, bytes, this.from));
  }

  close(): void {
    closeSync(this.file);
  }
}

/** Several files as if they were one. */
class FilesInARow {
  private readonly left: string[];
  private file: number | null = null;

  constructor(paths: readonly string[]) {
    this.left = [...paths];
  }

  /** Reads what there is room for; answers with where it ends, before `end` where all is read. */
  fill(memory: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const path = this.left[0];
      if (path === undefined) break;
      this.file ??= openSync(path, 'r');
      const bytes = readSync(this.file, memory, at, end - at, null);
      at += bytes;
      if (bytes > 0) continue;
      this.left.shift();
      this.close();
    }
    return at;
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }
}
