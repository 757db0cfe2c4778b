/**
 * A block: some mebibytes of lines that the engine reads in one go, from one object or from many small ones. It knows
 * for each of its lines the object, line number and offset it came from, without a number kept for every line.
 */
import type { LocalObject } from '../engine';
import { inspectLines, endOfText, type HiddenLine } from './inspect-lines';
import type { LineRun, LongLine } from './object-lines';

const LF = 0x0a;
const LF_BYTES = Buffer.from([LF]);

/** Where a line was, and the line itself. */
export interface LinePlace {
  readonly object: LocalObject;
  readonly lineNumber: number;
  readonly offset: number;
  readonly raw: Buffer;
}

export type RefusedLine =
  | { readonly kind: 'malformed'; readonly n: number; readonly place: LinePlace }
  | { readonly kind: 'long'; readonly n: number; readonly object: LocalObject; readonly lineNumber: number; readonly line: LongLine };

interface Part {
  readonly object: LocalObject;
  /** 1, 2, … in the block */
  readonly firstN: number;
  readonly firstLineNumber: number;
  readonly offset: number;
  /** where the part begins in the block's bytes */
  readonly at: number;
  readonly hidden: readonly HiddenLine[];
  /** the last line has no ending */
  readonly open: boolean;
}

export class Block {
  readonly refused: RefusedLine[] = [];
  lines = 0;
  blank = 0;
  cards = 0;
  size = 0;
  private readonly parts: Part[] = [];
  private pieces: Buffer[] = [];
  private lineStarts: Uint32Array | undefined;

  /** Takes over another block's lines behind its own. */
  append(other: Block): void {
    const { lines, size } = this;
    for (const part of other.parts) this.parts.push({ ...part, firstN: part.firstN + lines, at: part.at + size });
    for (const refused of other.refused) this.refused.push({ ...refused, n: refused.n + lines });
    this.pieces.push(...other.pieces);
    this.lines += other.lines;
    this.blank += other.blank;
    this.cards += other.cards;
    this.size += other.size;
  }

  /** `firstLineNumber` is the run's first line's in its object; answers with the number of lines added. */
  addRun(object: LocalObject, run: LineRun, firstLineNumber: number): number {
    const open = run.bytes[run.bytes.length - 1] !== LF;
    const inspection = inspectLines(run.bytes, open);
    const firstN = this.lines + 1;
    this.parts.push({ object, firstN, firstLineNumber, offset: run.offset, at: this.size, hidden: inspection.hidden, open });
    let from = 0;
    for (const line of inspection.hidden) {
      this.addBytes(run.bytes.subarray(from, line.start));
      this.addBytes(LF_BYTES);
      from = line.next;
      if (line.blank) continue;
      const ended = run.bytes[line.next - 1] === LF;
      const end = endOfText(run.bytes, line.start, ended ? line.next - 1 : line.next, ended);
      this.refused.push({
        kind: 'malformed',
        n: firstN + line.index,
        place: {
          object,
          lineNumber: firstLineNumber + line.index,
          offset: run.offset + line.start,
          raw: Buffer.from(run.bytes.subarray(line.start, end)),
        },
      });
    }
    this.addBytes(run.bytes.subarray(from));
    if (open && from < run.bytes.length) this.addBytes(LF_BYTES);
    this.lines += inspection.lines;
    this.blank += inspection.blank;
    this.cards += inspection.cards;
    return inspection.lines;
  }

  addLong(object: LocalObject, line: LongLine, lineNumber: number): void {
    const n = this.lines + 1;
    this.parts.push({ object, firstN: n, firstLineNumber: lineNumber, offset: line.offset, at: this.size, hidden: [], open: false });
    this.addBytes(LF_BYTES);
    this.lines += 1;
    if (line.blank) this.blank += 1;
    else this.refused.push({ kind: 'long', n, object, lineNumber, line });
  }

  /** What the engine reads: a line for every line, empty where it must not look. */
  bytes(): Buffer {
    const only = this.pieces[0];
    if (this.pieces.length !== 1 || only === undefined) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0]!;
  }

  object(n: number): LocalObject {
    return this.partOf(n).object;
  }

  lineNumber(n: number): number {
    const part = this.partOf(n);
    return part.firstLineNumber + n - part.firstN;
  }

  place(n: number): LinePlace {
    const part = this.partOf(n);
    const start = this.startOf(n);
    const end = this.startOf(n + 1) - 1;
    const ended = !(part.open && n + 1 === (this.partAfter(part)?.firstN ?? this.lines + 1));
    return {
      object: part.object,
      lineNumber: this.lineNumber(n),
      offset: part.offset + (start - part.at) + removedBefore(part.hidden, n - part.firstN),
      raw: this.bytes().subarray(start, endOfText(this.bytes(), start, end, ended)),
    };
  }

  private addBytes(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.pieces.push(bytes);
    this.size += bytes.length;
  }

  private partOf(n: number): Part {
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.parts[middle]!.firstN <= n) low = middle;
      else high = middle - 1;
    }
    return this.parts[low]!;
  }

  private partAfter(part: Part): Part | undefined {
    return this.parts[this.parts.indexOf(part) + 1];
  }

  private startOf(n: number): number {
    this.lineStarts ??= startsOfLines(this.bytes(), this.lines);
    return this.lineStarts[n - 1]!;
  }
}

/** Bytes of hidden lines before a line: in the object they were there, in the block an LF is left of each. */
function removedBefore(hidden: readonly HiddenLine[], index: number): number {
  let low = 0;
  let high = hidden.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hidden[middle]!.index < index) low = middle + 1;
    else high = middle;
  }
  return hidden[low - 1]?.removed ?? 0;
}

/** One more than there are lines: the last is where a next line would start. */
function startsOfLines(bytes: Buffer, lines: number): Uint32Array {
  const starts = new Uint32Array(lines + 1);
  for (let i = 0, at = 0; i <= lines; i += 1) {
    starts[i] = at;
    at = bytes.indexOf(LF, at) + 1;
  }
  return starts;
}
