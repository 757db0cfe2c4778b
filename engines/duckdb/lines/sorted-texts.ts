/**
 * A group's texts in the order of their rows, without those that went another way (contested-texts.ts): by merchant, creation, payment. What this
 * needs does not grow with what a merchant has: a run of some mebibytes is sorted at a time; where there are several they are merged.
 */
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import type { CompiledTexts } from './compiled-texts';
import type { GrownFile } from './growing-file';
import { writeAll } from './write-all';

/** Few enough that two threads' take less than DuckDB does, and enough that most groups are one run. */
const RUN_BYTES = 10 * 1024 * 1024;
/** More than the longest text has. */
export const LONGEST_BYTES = 128 * 1024;
/** Fewer than the shortest one has: there is an entry for each, however little they say. */
export const SHORTEST_BYTES = 64;
/** Of a run, what is written at once. */
const WRITE_BYTES = 1024 * 1024;

/** Whoever is given texts in their order, some at a time, in the same memory. */
export interface TextsInOrder {
  /** all that it needs of the memory */
  readonly bytes: number;
  /** so many bytes of texts it is given at once, and what of the last one goes beyond */
  readonly full: number;
  /** `at`: where its part of the memory begins. Answers with where the first text is put. */
  begin(at: number): number;
  /** What was put up to `end`, all of it whole texts. Answers with where the next one is put. */
  take(memory: Buffer, end: number, isLast: boolean): number;
}

/**
 * Answers with how many there are. The files go once they are read: an hour of one merchant would else lie on the
 * disk three times. Others that it makes begin with `name`, and go too.
 */
export function sortTexts(compiled: CompiledTexts, files: readonly GrownFile[], name: string, to: TextsInOrder, runBytes = RUN_BYTES): number {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const capacity = Math.max(LONGEST_BYTES, Math.min(runBytes, total));
  const beside = total <= capacity ? to.bytes : WRITE_BYTES + LONGEST_BYTES;
  const stream = new FilesInARow(files.map(({ path }) => path));
  const runs: string[] = [];
  let texts = 0;
  try {
    for (let rest = Buffer.alloc(0), read = 0; read < total;) {
      const start = compiled.openTexts(Math.ceil(capacity / SHORTEST_BYTES), capacity + beside);
      const from = start + rest.copy(compiled.memory, start);
      const end = stream.fill(compiled.memory, from, start + capacity);
      if (end === from) throw new Error(`the texts for ${name} ended at ${read}, before ${total}`);
      read += end - from;
      const taken = compiled.addTexts(start, end);
      if (taken === start || (read === total && taken !== end)) throw new Error(`there is no end of a text for ${name}`);
      rest = Buffer.from(compiled.memory.subarray(taken, end));
      if (compiled.count === 0) continue;
      texts += compiled.count;
      if (total <= capacity) {
        putSorted(compiled, start + capacity, to);
        continue;
      }
      const run = new TextFile(`${name}-run-${runs.length}`);
      runs.push(run.path);
      try {
        putSorted(compiled, start + capacity, run);
      } finally {
        run.close();
      }
    }
  } finally {
    stream.close();
  }
  for (const { path } of files) rmSync(path);
  if (runs.length > 0) merge(compiled, runs, capacity, to);
  for (const run of runs) rmSync(run);
  return texts;
}

function putSorted(compiled: CompiledTexts, free: number, to: TextsInOrder): void {
  compiled.sortTexts();
  const start = to.begin(free);
  let at = start;
  for (let from = 0; from < compiled.count;) {
    const { next, end } = compiled.putSorted(from, at, start + to.full);
    at = to.take(compiled.memory, end, next === compiled.count);
    from = next;
  }
}

function merge(compiled: CompiledTexts, runs: readonly string[], capacity: number, to: TextsInOrder): void {
  // Of each run a part is in memory, which holds the longest text whatever comes.
  const partBytes = Math.max(LONGEST_BYTES, Math.floor(capacity / runs.length));
  const parts = compiled.openRuns(runs.length, runs.length * partBytes + to.bytes);
  const start = to.begin(parts + runs.length * partBytes);
  const sources: RunSource[] = [];
  try {
    for (const [run, path] of runs.entries()) sources.push(new RunSource(compiled, { run, path, at: parts + run * partBytes, bytes: partBytes }));
    for (const source of sources) source.bring();
    for (let at = start, more = true; more;) {
      const merged = compiled.mergeRuns(at, start + to.full);
      at = merged.end;
      if (merged.usedUp !== null) {
        sources[merged.usedUp]!.bring();
        continue;
      }
      more = at >= start + to.full;
      at = to.take(compiled.memory, at, !more);
    }
  } finally {
    for (const source of sources) source.close();
  }
}

/** Texts as they are, one behind the other. */
export class TextFile implements TextsInOrder {
  readonly full = WRITE_BYTES;
  readonly bytes = WRITE_BYTES + LONGEST_BYTES;
  private readonly file: number;
  private start = 0;

  constructor(readonly path: string) {
    this.file = openSync(path, 'w');
  }

  begin(at: number): number {
    this.start = at;
    return at;
  }

  take(memory: Buffer, end: number): number {
    writeAll(this.file, memory, this.start, end);
    return this.start;
  }

  close(): void {
    closeSync(this.file);
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
