/**
 * Reads lines: plain ones become their canonical texts, in files by group of merchants, and marks of their payments; all others go back to
 * whoever asked, for the parser. It knows nothing of objects: of each run it tells the lines apart by their number in it.
 */
import { isUtf8 } from 'node:buffer';
import { withRoom } from '../../../contract/bytes';
import type { LandingHour } from '../../../contract/landing-hour';
import type { Suppression } from '../../engine';
import { maskCardsOfLine } from './card-lines';
import { PartReader, type FilePart } from './file-parts';
import { textsPath } from './grouped-texts';
import type { GrownFile } from './growing-file';
import { endOfText, inspectLine } from './inspect-line';
import { isBlank, ObjectLines, type LineRun, type LongLine } from './object-lines';
import { marksPath } from './payment-marks';
import { PlainLines } from './plain-lines';
import type { CurrencySum } from './sent-lines';
import { Suppressed } from './suppressed';

const LF = 0x0a;
const LINE_FEED = Buffer.from([LF]);
const FIRST_BYTES = 16 * 1024;

export interface ReaderSetup {
  readonly landingHour: LandingHour;
  /** where its files go; their names have its name in them */
  readonly folder: string;
  readonly name: string;
  /** of merchants */
  readonly groups: number;
  /** of marks */
  readonly buckets: number;
  /** null: nobody was ever erased */
  readonly suppression: Suppression | null;
}

/** Whole lines of an object, within a batch's bytes; the last of them is a line feed. */
export interface LinesToRead {
  readonly start: number;
  readonly end: number;
  /** false: the object's last line has no ending, and the line feed is not its */
  readonly ended: boolean;
}

export interface BatchToRead {
  readonly bytes: Buffer;
  readonly runs: readonly LinesToRead[];
  /** an object on whose end all of the batch depends; −1: none */
  readonly doubtful: number;
  readonly countSent: boolean;
}

/** What a reader fetches itself, of an object that is sure to end. */
export interface PartToRead extends FilePart {
  readonly countSent: boolean;
}

/** What was found one behind the other in a part of an object: a run of lines, or one that is too long to be a line of ours. */
export type ReadPart =
  | { readonly kind: 'lines'; /** in the object */ readonly offset: number }
  | { readonly kind: 'long'; readonly line: LongLine };

/** Where a line is: in which run of the batch, and how many lines of it come before. */
interface PlaceInBatch {
  readonly run: number;
  readonly line: number;
}

/** A line that is not plain, or plain and to be judged all the same. */
export interface OtherLine extends PlaceInBatch {
  /** from the run's beginning */
  readonly offset: number;
  /** in the reading's bytes */
  readonly start: number;
  readonly end: number;
  /** the parser must not see it: it is no JSON */
  readonly refused: boolean;
  /** of its row, for the rules to agree with; null: it is not plain */
  readonly hash: bigint | null;
}

export interface UnknownOnPlain extends PlaceInBatch {
  readonly name: string;
  count: number;
}

export interface BatchReading {
  /** of each run, blank ones too */
  readonly lines: readonly number[];
  readonly blank: number;
  readonly cards: number;
  /** plain lines of persons who are erased */
  readonly erased: number;
  /** names that the contract does not know, on plain lines, where they came first */
  readonly unknown: readonly UnknownOnPlain[];
  /** of plain lines; empty where nobody asked for it */
  readonly sent: readonly CurrencySum[];
  readonly others: readonly OtherLine[];
  /** the others' texts, one behind the other */
  readonly bytes: Buffer;
}

export interface PartReading extends BatchReading {
  readonly parts: readonly ReadPart[];
}

export interface ReadFiles {
  readonly texts: readonly (GrownFile | null)[];
  readonly marks: readonly (GrownFile | null)[];
}

export class LineReader {
  private readonly plain: PlainLines;
  private erased = 0;
  private readonly partReader = new PartReader();
  /** what there was before the first batch that depends on the object */
  private before: { readonly object: number; readonly texts: readonly number[]; readonly marks: readonly number[] } | null = null;

  constructor({ landingHour, folder, name, groups, buckets, suppression }: ReaderSetup) {
    const suppressed = suppression === null ? null : new Suppressed(suppression);
    this.plain = new PlainLines({
      landingHour, groups, buckets, textsPath: (group) => textsPath(folder, name, group), marksPath: (bucket) => marksPath(folder, name, bucket),
      isErased: suppressed === null ? null : (userId) => {
        const isGone = suppressed.isGone(userId);
        if (isGone) this.erased += 1;
        return isGone;
      },
    });
  }

  read({ bytes, runs, doubtful, countSent }: BatchToRead): BatchReading {
    const { texts, marks } = this.plain;
    if (doubtful >= 0 && this.before?.object !== doubtful) this.before = { object: doubtful, texts: texts.sizes(), marks: marks.sizes() };
    const reading = new Reading();
    for (const [run, { start, end, ended }] of runs.entries()) this.readRun(bytes.subarray(start, end), { ended, run, countSent }, reading);
    return this.resultOf(reading, countSent);
  }

  readPart({ countSent, ...part }: PartToRead): PartReading {
    const reading = new Reading();
    const parts: ReadPart[] = [];
    const take = (found: Iterable<LineRun | LongLine>): void => {
      for (const next of found) {
        if (next.kind === 'long') {
          parts.push({ kind: 'long', line: next });
          continue;
        }
        const ended = next.bytes[next.bytes.length - 1] === LF;
        this.readRun(ended ? next.bytes : Buffer.concat([next.bytes, LINE_FEED]), { ended, run: reading.lines.length, countSent }, reading);
        parts.push({ kind: 'lines', offset: next.offset });
      }
    };
    const lines = new ObjectLines(part.start);
    for (const chunk of this.partReader.chunks(part)) take(lines.push(chunk));
    take(lines.end());
    return { ...this.resultOf(reading, countSent), parts };
  }

  /** The object proved unreadable: what was kept of it goes. */
  giveUp(object: number): void {
    if (this.before?.object !== object) return;
    this.plain.texts.cutTo(this.before.texts);
    this.plain.marks.cutTo(this.before.marks);
    this.before = null;
  }

  close(): ReadFiles {
    return { texts: this.plain.texts.close(), marks: this.plain.marks.close() };
  }

  private readRun(bytes: Buffer, { ended, run, countSent }: { readonly ended: boolean; readonly run: number; readonly countSent: boolean }, reading: Reading): void {
    const knownUtf8 = isUtf8(bytes);
    const lines = this.plain.read(bytes, { knownUtf8, countsSent: countSent }, {
      suspect: (line) => { reading.cards += maskCardsOfLine(line).cards; },
      unknownName: (name, line) => reading.countUnknown(name, { run, line }),
      checked: (start, next, line, hash) => reading.keep({ run, line, offset: start, refused: false, hash }, bytes, start, endOfText(bytes, start, next - 1, true)),
    }, (start, line) => {
      const lf = bytes.indexOf(LF, start);
      const end = endOfText(bytes, start, lf, ended || lf + 1 < bytes.length);
      if (end === start || (bytes[start]! <= 0x20 && isBlank(bytes.subarray(start, end)))) {
        reading.blank += 1;
      } else {
        const { refused, cards } = inspectLine(bytes, start, end, knownUtf8);
        reading.cards += cards;
        reading.keep({ run, line, offset: start, refused, hash: null }, bytes, start, end);
      }
      return lf + 1;
    });
    reading.lines.push(lines);
  }

  private resultOf(reading: Reading, countSent: boolean): BatchReading {
    const { erased } = this;
    this.erased = 0;
    return { ...reading.result(), erased, sent: countSent ? this.plain.takeSent() : [] };
  }
}

class Reading {
  readonly lines: number[] = [];
  blank = 0;
  cards = 0;
  private readonly unknown = new Map<string, UnknownOnPlain>();
  private readonly others: OtherLine[] = [];
  private bytes: Buffer = Buffer.alloc(0);
  private length = 0;

  keep(line: Omit<OtherLine, 'start' | 'end'>, from: Buffer, start: number, end: number): void {
    const at = this.length;
    this.bytes = withRoom(this.bytes, at, Math.max(end - start, at === 0 ? FIRST_BYTES : 0));
    this.length += from.copy(this.bytes, at, start, end);
    this.others.push({ ...line, start: at, end: this.length });
  }

  countUnknown(name: string, place: PlaceInBatch): void {
    const known = this.unknown.get(name);
    if (known === undefined) this.unknown.set(name, { ...place, name, count: 1 });
    else known.count += 1;
  }

  result(): Omit<BatchReading, 'erased' | 'sent'> {
    const { lines, blank, cards, others } = this;
    return { lines, blank, cards, others, unknown: [...this.unknown.values()], bytes: this.bytes.subarray(0, this.length) };
  }
}
