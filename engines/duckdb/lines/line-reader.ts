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
import { GroupedTexts } from './grouped-texts';
import type { GrownFile } from './growing-file';
import { endOfText, inspectLine } from './inspect-line';
import { isBlank, ObjectLines, type LineRun, type LongLine } from './object-lines';
import { MARK_BYTES, PaymentMarks } from './payment-marks';
import { AMOUNT_CENTS, CURRENCY, MERCHANT_ID, PAYMENT_ID, USER_ID } from './plain-fields';
import { LONGEST_CANONICAL, PlainLines } from './plain-lines';
import { SentAmounts, type CurrencySum } from './sent-lines';
import { Suppressed } from './suppressed';

const LF = 0x0a;
const LINE_FEED = Buffer.from([LF]);
/** Of the plain lines, every so manieth goes both ways (judge-block.ts). */
const CHECKED_EVERY = 1024;
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
  /** what was made of it, for the rules to agree with */
  readonly canonical: string | null;
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
  private readonly texts: GroupedTexts;
  private readonly marks: PaymentMarks;
  private readonly suppressed: Suppressed | null;
  private plainLines = 0;
  private readonly partReader = new PartReader();
  /** what there was before the first batch that depends on the object */
  private before: { readonly object: number; readonly texts: readonly number[]; readonly marks: readonly number[] } | null = null;

  constructor({ landingHour, folder, name, groups, buckets, suppression }: ReaderSetup) {
    this.plain = new PlainLines(landingHour);
    this.texts = new GroupedTexts(folder, name, groups);
    this.marks = new PaymentMarks(folder, name, buckets);
    this.suppressed = suppression === null ? null : new Suppressed(suppression);
  }

  read({ bytes, runs, doubtful, countSent }: BatchToRead): BatchReading {
    if (doubtful >= 0 && this.before?.object !== doubtful) this.before = { object: doubtful, texts: this.texts.files.sizes(), marks: this.marks.files.sizes() };
    const reading = new Reading(countSent);
    for (const [run, { start, end, ended }] of runs.entries()) this.readRun(bytes.subarray(start, end), ended, run, reading);
    return reading.result();
  }

  readPart({ countSent, ...part }: PartToRead): PartReading {
    const reading = new Reading(countSent);
    const parts: ReadPart[] = [];
    const take = (found: Iterable<LineRun | LongLine>): void => {
      for (const next of found) {
        if (next.kind === 'long') {
          parts.push({ kind: 'long', line: next });
          continue;
        }
        const ended = next.bytes[next.bytes.length - 1] === LF;
        this.readRun(ended ? next.bytes : Buffer.concat([next.bytes, LINE_FEED]), ended, reading.lines.length, reading);
        parts.push({ kind: 'lines', offset: next.offset });
      }
    };
    const lines = new ObjectLines(part.start);
    for (const chunk of this.partReader.chunks(part)) take(lines.push(chunk));
    take(lines.end());
    return { ...reading.result(), parts };
  }

  /** The object proved unreadable: what was kept of it goes. */
  giveUp(object: number): void {
    if (this.before?.object !== object) return;
    this.texts.files.cutTo(this.before.texts);
    this.marks.files.cutTo(this.before.marks);
    this.before = null;
  }

  close(): ReadFiles {
    return { texts: this.texts.files.close(), marks: this.marks.files.close() };
  }

  private readRun(bytes: Buffer, ended: boolean, run: number, reading: Reading): void {
    const knownUtf8 = isUtf8(bytes);
    this.plain.begin(bytes, knownUtf8);
    let line = 0;
    for (let start = 0; start < bytes.length; line += 1) {
      const next = this.takePlain(bytes, start, { run, line }, reading);
      if (next >= 0) {
        start = next;
        continue;
      }
      const lf = bytes.indexOf(LF, start);
      const end = endOfText(bytes, start, lf, ended || lf + 1 < bytes.length);
      if (end === start || (bytes[start]! <= 0x20 && isBlank(bytes.subarray(start, end)))) {
        reading.blank += 1;
      } else {
        const { refused, cards } = inspectLine(bytes, start, end, knownUtf8);
        reading.cards += cards;
        reading.keep({ run, line, offset: start, refused, canonical: null }, bytes, start, end);
      }
      start = lf + 1;
    }
    reading.lines.push(line);
  }

  /** Answers with where the next line begins; −1: this one is not plain. */
  private takePlain(bytes: Buffer, start: number, place: PlaceInBatch, reading: Reading): number {
    const { plain, plain: { fields: { starts, ends } } } = this;
    const next = plain.take(start);
    if (next < 0) return -1;
    const file = this.texts.of(bytes, starts[MERCHANT_ID]!, ends[MERCHANT_ID]!);
    const at = file.room(MARK_BYTES + LONGEST_CANONICAL);
    const end = plain.write(file.bytes, at + MARK_BYTES);
    if (end < 0) return -1;
    if (plain.mayHoldCard) reading.cards += maskCardsOfLine(bytes.toString('latin1', start, next)).cards;
    this.plainLines += 1;
    if (this.plainLines % CHECKED_EVERY === 0) {
      const canonical = file.bytes.toString('utf8', at + MARK_BYTES, end - 1);
      reading.keep({ ...place, offset: start, refused: false, canonical }, bytes, start, endOfText(bytes, start, next - 1, true));
      return next;
    }
    if (plain.fields.unknownCount > 0) for (const name of plain.fields.unknownNames()) reading.countUnknown(name, place);
    reading.sent?.add(bytes, starts[CURRENCY]!, starts[AMOUNT_CENTS]!, ends[AMOUNT_CENTS]!);
    if (this.suppressed !== null && starts[USER_ID]! >= 0 && this.suppressed.isGone(bytes.toString('utf8', starts[USER_ID], ends[USER_ID]))) {
      reading.erased += 1;
      return next;
    }
    this.marks.put(bytes, starts[PAYMENT_ID]!, ends[PAYMENT_ID]!, file.bytes, at);
    file.endAt(end);
    return next;
  }
}

class Reading {
  readonly lines: number[] = [];
  blank = 0;
  cards = 0;
  erased = 0;
  readonly sent: SentAmounts | null;
  private readonly unknown = new Map<string, UnknownOnPlain>();
  private readonly others: OtherLine[] = [];
  private bytes: Buffer = Buffer.alloc(0);
  private length = 0;

  constructor(countSent: boolean) {
    this.sent = countSent ? new SentAmounts() : null;
  }

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

  result(): BatchReading {
    const { lines, blank, cards, erased, others } = this;
    return { lines, blank, cards, erased, others, unknown: [...this.unknown.values()], sent: this.sent?.sums() ?? [], bytes: this.bytes.subarray(0, this.length) };
  }
}
