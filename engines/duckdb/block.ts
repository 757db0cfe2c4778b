/**
 * A block: some mebibytes of lines, from one object or from many small ones. Plain lines are in it as their canonical texts; of the
 * others it knows for each where it was.
 */
import { isUtf8 } from 'node:buffer';
import { withRoom } from '../../contract/bytes';
import type { LocalObject } from '../engine';
import { CanonicalTexts } from './canonical-texts';
import { maskCardsOfLine } from './card-lines';
import { endOfText, inspectLine } from './inspect-line';
import { isBlank, type LineRun, type LongLine } from './object-lines';
import type { PlainLines } from './plain-lines';

const LF = 0x0a;
const LF_BYTES = Buffer.from([LF]);
/** Of an object's lines, every so manieth goes both ways (judge-block.ts). */
const CHECKED_EVERY = 1024;
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

/** A line that is not plain, or plain and to be judged all the same. */
interface OtherLine {
  readonly object: LocalObject;
  readonly lineNumber: number;
  readonly offset: number;
  /** in the block's bytes of them; where the engine must not look it is empty there */
  readonly start: number;
  readonly end: number;
  /** what was made of it, for the rules to agree with */
  readonly canonical: string | null;
}

export class Block {
  lines = 0;
  blank = 0;
  cards = 0;
  plain = new CanonicalTexts();
  unknown = new Map<string, UnknownName>();
  /** `n` is 1, 2, … among the lines that are not plain */
  readonly refused: RefusedLine[] = [];
  private readonly others: OtherLine[] = [];
  private bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;

  /** Lines that are not plain, refused ones too. */
  get otherLines(): number {
    return this.others.length;
  }

  get otherBytes(): number {
    return this.length;
  }

  get isEmpty(): boolean {
    return this.lines === 0 && this.others.length === 0;
  }

  /** Takes over another block's lines behind its own. */
  append(other: Block): void {
    const { length } = this;
    const before = this.others.length;
    for (const line of other.others) this.others.push({ ...line, start: line.start + length, end: line.end + length });
    for (const refused of other.refused) this.refused.push({ ...refused, n: refused.n + before });
    this.addBytes(other.bytes, 0, other.length);
    this.lines += other.lines;
    this.blank += other.blank;
    this.cards += other.cards;
    this.plain.append(other.plain);
    for (const [name, { count, object, lineNumber }] of other.unknown) this.countUnknown(name, count, object, lineNumber);
  }

  /** A block of what is here but for the lines that are not plain. They wait for more of their kind: their statements take as long for none as for a thousand. */
  splitPlain(): Block {
    const split = new Block();
    Object.assign(split, { lines: this.lines, blank: this.blank, cards: this.cards, plain: this.plain, unknown: this.unknown });
    this.lines = this.blank = this.cards = 0;
    // As large as before: to grow into it once more would cost twice as much memory again.
    this.plain = new CanonicalTexts(this.plain.bytes.length);
    this.unknown = new Map();
    return split;
  }

  /** `firstLineNumber` is the run's first line's in its object; answers with the number of lines added, as `addLong` does. */
  addRun(object: LocalObject, run: LineRun, firstLineNumber: number, reader: PlainLines): number {
    const ended = run.bytes[run.bytes.length - 1] === LF;
    const bytes = ended ? run.bytes : Buffer.concat([run.bytes, LF_BYTES]);
    const knownUtf8 = isUtf8(bytes);
    reader.begin(bytes, knownUtf8);
    let lineNumber = firstLineNumber;
    for (let start = 0; start < bytes.length; lineNumber += 1) {
      const { length } = this.plain;
      const next = reader.take(start, this.plain);
      if (next < 0) {
        start = this.addOther(object, { bytes, offset: run.offset, knownUtf8, ended }, start, lineNumber);
        continue;
      }
      if (reader.mayHoldCard) this.cards += maskCardsOfLine(bytes.toString('latin1', start, next)).cards;
      if (lineNumber % CHECKED_EVERY === 0) {
        const end = endOfText(bytes, start, next - 1, true);
        const canonical = this.plain.bytes.toString('utf8', length, this.plain.length - 1);
        this.plain.length = length;
        this.plain.lines -= 1;
        this.keep({ object, lineNumber, offset: run.offset + start, canonical }, bytes, start, end);
      } else if (reader.fields.unknownCount > 0) {
        for (const name of reader.fields.unknownNames()) this.countUnknown(name, 1, object, lineNumber);
      }
      start = next;
    }
    this.lines += lineNumber - firstLineNumber;
    return lineNumber - firstLineNumber;
  }

  addLong(object: LocalObject, line: LongLine, lineNumber: number): number {
    this.lines += 1;
    if (line.blank) {
      this.blank += 1;
    } else {
      this.keep({ object, lineNumber, offset: line.offset, canonical: null }, LF_BYTES, 0, 0);
      this.refused.push({ kind: 'long', n: this.others.length, object, lineNumber, line });
    }
    return 1;
  }

  /** What the engine reads of the others: a line for every line, empty where it must not look. */
  toParse(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  place(n: number): LinePlace {
    const { object, lineNumber, offset, start, end } = this.others[n - 1]!;
    return { object, lineNumber, offset, raw: this.bytes.subarray(start, end) };
  }

  /** What was made of each line that goes both ways, by its number among the others. */
  *checked(): Generator<readonly [number, string]> {
    for (const [i, { canonical }] of this.others.entries()) if (canonical !== null) yield [i + 1, canonical];
  }

  /** Answers with where the next line begins. */
  private addOther(object: LocalObject, run: { bytes: Buffer; offset: number; knownUtf8: boolean; ended: boolean }, start: number, lineNumber: number): number {
    const { bytes } = run;
    const lf = bytes.indexOf(LF, start);
    const next = lf + 1;
    const end = endOfText(bytes, start, lf, run.ended || next < bytes.length);
    if (end === start || (bytes[start]! <= 0x20 && isBlank(bytes.subarray(start, end)))) {
      this.blank += 1;
      return next;
    }
    const { refused, cards } = inspectLine(bytes, start, end, run.knownUtf8);
    this.cards += cards;
    const place = { object, lineNumber, offset: run.offset + start };
    this.keep({ ...place, canonical: null }, bytes, start, refused ? start : end);
    if (refused) this.refused.push({ kind: 'malformed', n: this.others.length, place: { ...place, raw: Buffer.from(bytes.subarray(start, end)) } });
    return next;
  }

  private keep(line: Pick<OtherLine, 'object' | 'lineNumber' | 'offset' | 'canonical'>, bytes: Buffer, start: number, end: number): void {
    const from = this.length;
    this.addBytes(bytes, start, end);
    this.addBytes(LF_BYTES, 0, 1);
    this.others.push({ ...line, start: from, end: from + end - start });
  }

  private addBytes(bytes: Buffer, start: number, end: number): void {
    this.bytes = withRoom(this.bytes, this.length, end - start);
    this.length += bytes.copy(this.bytes, this.length, start, end);
  }

  private countUnknown(name: string, count: number, object: LocalObject, lineNumber: number): void {
    const known = this.unknown.get(name);
    if (known === undefined) this.unknown.set(name, { count, object, lineNumber });
    else known.count += count;
  }
}
