/**
 * What goes over every mark and every text once lines are read, compiled to WebAssembly (assembly/texts.ts). Whoever holds one has its memory,
 * which grows to what the largest work took and is not given back: no work may ask for more because there is more to do.
 */
import { GrowingMemory, instanceOf } from '../compiled-module';
import { CompiledRows, FileHost, type RowExports } from '../parquet/compiled-rows';

/** What copies or reads sixteen bytes at a time may go beyond the last of them. */
const BEYOND = 64;
const MARK_BYTES = 8;

interface Exports extends RowExports {
  readonly memory: WebAssembly.Memory;
  readonly textsEnd: WebAssembly.Global;
  readonly found: WebAssembly.Global;
  readonly count: WebAssembly.Global;
  readonly sortedEnd: WebAssembly.Global;
  readonly mergedEnd: WebAssembly.Global;
  base(): number;
  openMarks(at: number, places: number): void;
  addMarks(start: number, end: number): number;
  takeContested(start: number, end: number, to: number): number;
  openTexts(at: number, mostTexts: number): number;
  addTexts(start: number, end: number): number;
  sortTexts(): void;
  putSorted(from: number, to: number, full: number): number;
  openRuns(at: number, count: number): number;
  setRun(run: number, start: number, end: number): void;
  takenTo(run: number): number;
  mergeRuns(to: number, full: number): number;
}

export class CompiledTexts {
  private readonly host = new FileHost();
  private readonly exports = instanceOf<Exports>('lines/texts.wasm', { host: this.host.imports });
  private readonly growing = new GrowingMemory(this.exports.memory);
  /** Of texts in this memory. */
  readonly rows = new CompiledRows(this.exports, this.growing, this.host);

  /** Another one once there is more of it. */
  get memory(): Buffer {
    return this.growing.bytes;
  }

  /** An empty set with room for so many marks. Answers with where there is room for so many bytes behind it. */
  openMarks(mostMarks: number, bytes: number): number {
    const places = powerOfTwo(2 * mostMarks);
    const at = this.exports.base();
    const free = at + places * MARK_BYTES;
    this.reserve(free + bytes);
    this.exports.openMarks(at, places);
    return free;
  }

  /** Leaves those that were there already; answers with where they end. */
  addMarks(start: number, end: number): number {
    return this.exports.addMarks(start, end);
  }

  /** `taken`: where the last whole text ended; what has a mark of the set is marked as gone, and copied to `to`. */
  takeContested(start: number, end: number, to: number): { readonly taken: number; readonly found: number; readonly copiesEnd: number } {
    const copiesEnd = this.exports.takeContested(start, end, to);
    return { taken: this.exports.textsEnd.value, found: this.exports.found.value, copiesEnd };
  }

  /** Answers with where so many bytes of texts may be put. */
  openTexts(mostTexts: number, bytes: number): number {
    const at = this.exports.base();
    const most = powerOfTwo(mostTexts);
    // Two entries and two numbers of merchants for each: as assembly/sorting.ts lays them out.
    this.reserve(at + most * 40 + bytes);
    return this.exports.openTexts(at, most);
  }

  /** Those that are not gone; answers with where the first one stands that was not taken. */
  addTexts(start: number, end: number): number {
    return this.exports.addTexts(start, end);
  }

  get count(): number {
    return this.exports.count.value;
  }

  sortTexts(): void {
    this.exports.sortTexts();
  }

  /** Texts from the so manieth on, until they go beyond `full`. */
  putSorted(from: number, to: number, full: number): { readonly next: number; readonly end: number } {
    const next = this.exports.putSorted(from, to, full);
    return { next, end: this.exports.sortedEnd.value };
  }

  /** Answers with where so many bytes of them may be put. */
  openRuns(count: number, bytes: number): number {
    const at = this.exports.base();
    // As assembly/merging.ts lays out what it knows of each.
    this.reserve(at + count * 36 + bytes);
    return this.exports.openRuns(at, count);
  }

  setRun(run: number, start: number, end: number): void {
    this.exports.setRun(run, start, end);
  }

  takenTo(run: number): number {
    return this.exports.takenTo(run);
  }

  /** `usedUp`: the run of which more must be brought before it goes on; null: there is no text any more, or they go beyond `full`. */
  mergeRuns(to: number, full: number): { readonly usedUp: number | null; readonly end: number } {
    const run = this.exports.mergeRuns(to, full);
    return { usedUp: run < 0 ? null : run, end: this.exports.mergedEnd.value };
  }

  private reserve(end: number): void {
    this.growing.room(end + BEYOND);
  }
}

/** So many or more. */
function powerOfTwo(count: number): number {
  let power = 2;
  while (power < count) power *= 2;
  return power;
}
