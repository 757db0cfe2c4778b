/** A block: what was read of some mebibytes of lines. Of those that are not plain it has the texts, and knows for each where it was. */
import { withRoom } from '../../../contract/bytes';
import type { LocalObject } from '../../engine';
import type { BatchPart } from './line-batch';
import type { BatchReading, OtherLine } from './line-reader';
import type { LongLine } from './object-lines';
import type { CurrencySum } from './sent-lines';

const LF = 0x0a;
const FIRST_BYTES = 16 * 1024;

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

/** A name that the contract does not know, on plain lines. */
export interface UnknownName {
  count: number;
  /** of the first line that has it */
  readonly object: LocalObject;
  readonly lineNumber: number;
}

/** Of a line that is not plain, or plain and judged all the same. */
interface KeptLine {
  readonly object: LocalObject;
  readonly lineNumber: number;
  readonly offset: number;
  /** in the block's bytes; where the engine must not look it is empty there */
  readonly start: number;
  readonly end: number;
  /** of its row; null: it is not plain */
  readonly hash: bigint | null;
}

/** What is counted over lines, and needs none of them. */
class Counts {
  lines = 0;
  blank = 0;
  cards = 0;
  /** plain lines of persons who are erased */
  erased = 0;
  /** of plain lines */
  readonly sent: CurrencySum[] = [];
  readonly unknown = new Map<string, UnknownName>();

  add({ lines, blank, cards, erased, sent, unknown }: Counts): void {
    this.lines += lines;
    this.blank += blank;
    this.cards += cards;
    this.erased += erased;
    this.sent.push(...sent);
    for (const [name, { count, object, lineNumber }] of unknown) this.countUnknown(name, count, object, lineNumber);
  }

  countUnknown(name: string, count: number, object: LocalObject, lineNumber: number): void {
    const known = this.unknown.get(name);
    if (known === undefined) this.unknown.set(name, { count, object, lineNumber });
    else known.count += count;
  }
}

export class Block {
  counts = new Counts();
  /** `n` is 1, 2, … among the lines that are not plain */
  readonly refused: RefusedLine[] = [];
  private readonly kept: KeptLine[] = [];
  private bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;

  /** Lines that are not plain, refused ones too. */
  get otherLines(): number {
    return this.kept.length;
  }

  get otherBytes(): number {
    return this.length;
  }

  get isEmpty(): boolean {
    return this.counts.lines === 0 && this.kept.length === 0;
  }

  /** What a reader made of a batch whose parts these are. Batches come in their order, since lines get their numbers here. */
  add(parts: readonly BatchPart[], reading: BatchReading): void {
    const runs: { readonly object: LocalObject; readonly first: number }[] = [];
    let next = 0;
    for (const part of parts) {
      const { object } = part.of;
      if (part.kind === 'long') {
        this.addLong(object, part.of.number(1), part.line);
        continue;
      }
      const run = runs.length;
      const lines = reading.lines[run]!;
      const first = part.of.number(lines);
      runs.push({ object, first });
      this.counts.lines += lines;
      for (let other = reading.others[next]; other?.run === run; other = reading.others[++next]) {
        this.addOther(other, { object, lineNumber: first + other.line, offset: part.offset + other.offset }, reading.bytes);
      }
    }
    this.counts.blank += reading.blank;
    this.counts.cards += reading.cards;
    this.counts.erased += reading.erased;
    this.counts.sent.push(...reading.sent);
    for (const { name, count, run, line } of reading.unknown) this.counts.countUnknown(name, count, runs[run]!.object, runs[run]!.first + line);
  }

  /** Takes over another block's lines behind its own. */
  append(other: Block): void {
    const { length } = this;
    const before = this.kept.length;
    for (const line of other.kept) this.kept.push({ ...line, start: line.start + length, end: line.end + length });
    for (const refused of other.refused) this.refused.push({ ...refused, n: refused.n + before });
    this.addBytes(other.bytes, 0, other.length);
    this.counts.add(other.counts);
  }

  /** A block of what was counted here. The lines wait for more of their kind: their statements take as long for none as for a thousand. */
  splitCounts(): Block {
    const split = new Block();
    split.counts = this.counts;
    this.counts = new Counts();
    return split;
  }

  /** What the engine reads of the others: a line for every line, empty where it must not look. */
  toParse(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  place(n: number): LinePlace {
    const { object, lineNumber, offset, start, end } = this.kept[n - 1]!;
    return { object, lineNumber, offset, raw: this.bytes.subarray(start, end) };
  }

  /** Of each line that goes both ways the hash, by its number among the others. */
  *checked(): Generator<readonly [number, bigint]> {
    for (const [i, { hash }] of this.kept.entries()) if (hash !== null) yield [i + 1, hash];
  }

  private addLong(object: LocalObject, lineNumber: number, line: LongLine): void {
    this.counts.lines += 1;
    if (line.blank) {
      this.counts.blank += 1;
      return;
    }
    this.keep({ object, lineNumber, offset: line.offset, hash: null }, this.bytes, 0, 0);
    this.refused.push({ kind: 'long', n: this.kept.length, object, lineNumber, line });
  }

  private addOther({ start, end, refused, hash }: OtherLine, place: Pick<KeptLine, 'object' | 'lineNumber' | 'offset'>, bytes: Buffer): void {
    this.keep({ ...place, hash }, bytes, start, refused ? start : end);
    if (refused) this.refused.push({ kind: 'malformed', n: this.kept.length, place: { ...place, raw: bytes.subarray(start, end) } });
  }

  private keep(line: Pick<KeptLine, 'object' | 'lineNumber' | 'offset' | 'hash'>, bytes: Buffer, start: number, end: number): void {
    const from = this.length;
    this.addBytes(bytes, start, end);
    this.kept.push({ ...line, start: from, end: this.length });
    this.bytes = withRoom(this.bytes, this.length, 1);
    this.bytes[this.length++] = LF;
  }

  private addBytes(bytes: Buffer, start: number, end: number): void {
    this.bytes = withRoom(this.bytes, this.length, end - start);
    this.length += bytes.copy(this.bytes, this.length, start, end);
  }
}
