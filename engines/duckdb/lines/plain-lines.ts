/**
 * Most of an hour's lines are *plain*: of the usual shape, each value just what its field wants. Of such a line nothing has to be asked, and it
 * is written as its canonical text (CONTRACT §2) with its hash, which SQL takes from there for a fifth of what parsing and judging it cost. It keeps to
 * what is certain: whatever else a line is, good or not, is left to the parser and to the rules in SQL, which alone refuse a line.
 * That both say the same of a line is tested, and asked of some lines of every hour (judge-block.ts).
 */
import { isUtf8 } from 'node:buffer';
import { CURRENCIES } from '../../../contract/currencies';
import { latestCreation, type LandingHour } from '../../../contract/landing-hour';
import { openCompiledReader, type CompiledReader, type ReaderHost } from './compiled-reader';
import { GrowingFiles } from './growing-file';
import type { CurrencySum } from './sent-lines';

const LF = 0x0a;
/** More than the longest line has. */
const INPUT_BYTES = 2 * 1024 * 1024;
/** Not plain: those that the rules refuse. */
const FORBIDDEN_MERCHANT = /^(?:\.{1,2}|null|__HIVE_DEFAULT_PARTITION__)$/i;
const CODES = [...CURRENCIES];
/** An amount's digits come in two parts (assembly/sent.ts). */
const LOW = 10n ** 9n;
const BYTES_OF_SUM = 24;

export interface PlainSetup {
  readonly landingHour: LandingHour;
  readonly groups: number;
  readonly buckets: number;
  /** where the texts of a group of merchants go, and the marks of a bucket */
  readonly textsPath: (group: number) => string;
  readonly marksPath: (bucket: number) => string;
  /** null: nobody was ever erased */
  readonly isErased: ((userId: string) => boolean) | null;
}

/** What is to be known of plain lines beside their texts; all of it at once, while they are read. */
export interface PlainListener {
  /** there may be a card number in it */
  suspect(line: string): void;
  /** `line`: of the run */
  unknownName(name: string, line: number): void;
  /** It goes both ways, and is written nowhere: `hash` is its row's. `start` is its place in the bytes that were given, `end` where the next line begins. */
  checked(start: number, end: number, line: number, hash: bigint): void;
}

const NOBODY: PlainListener = { suspect: () => undefined, unknownName: () => undefined, checked: () => undefined };

export class PlainLines {
  readonly texts: GrowingFiles;
  readonly marks: GrowingFiles;
  private readonly reader: CompiledReader;
  private listener: PlainListener = NOBODY;
  /** where in the reader's memory the bytes would begin of which it has a part */
  private origin = 0;

  constructor(setup: PlainSetup) {
    const { groups, buckets } = setup;
    this.reader = openCompiledReader({ groups, buckets, inputBytes: INPUT_BYTES, asksWhoIsErased: setup.isErased !== null, latest: latestCreation(setup.landingHour) }, this.host(setup));
    this.texts = new GrowingFiles(groups, setup.textsPath, (group) => this.waiting(group));
    this.marks = new GrowingFiles(buckets, setup.marksPath, (bucket) => this.waiting(groups + bucket));
  }

  /**
   * Reads whole lines, the last of which is ended by a line feed as well; answers with how many there were. `other` is given each that is not
   * plain, with how many lines come before it, and says where the next one begins.
   */
  read(bytes: Buffer, options: { readonly knownUtf8: boolean; readonly countsSent: boolean }, listener: PlainListener, other: (start: number, line: number) => number): number {
    // Nothing looks for the end of the last one: what was there before would be taken for the rest of it.
    if (bytes.length > 0 && bytes[bytes.length - 1] !== LF) throw new RangeError('lines must end with a line feed');
    const { reader } = this;
    this.listener = listener;
    let line = 0;
    for (let start = 0; start < bytes.length;) {
      const end = this.endOfPart(bytes, start);
      bytes.copy(reader.memory, reader.input, start, end);
      this.origin = reader.input - start;
      while (start < end) {
        reader.begin(line, options.knownUtf8, options.countsSent);
        start = reader.readLines(start + this.origin, end + this.origin) - this.origin;
        line = reader.line();
        if (start === end) break;
        start = other(start, line);
        line += 1;
      }
    }
    this.listener = NOBODY;
    return line;
  }

  /** Of the lines of which it was to be counted, and from now on of those to come. */
  takeSent(): readonly CurrencySum[] {
    const { memory, sums } = this.reader;
    return CODES.flatMap((currency, index) => {
      const at = sums + (index + 1) * BYTES_OF_SUM;
      const count = Number(memory.readBigUInt64LE(at));
      if (count === 0) return [];
      const cents = memory.readBigUInt64LE(at + 16) * LOW + memory.readBigUInt64LE(at + 8);
      memory.fill(0, at, at + BYTES_OF_SUM);
      return [{ currency, count, cents }];
    });
  }

  /** As many whole lines as there is room for. */
  private endOfPart(bytes: Buffer, start: number): number {
    if (bytes.length - start <= INPUT_BYTES) return bytes.length;
    const end = bytes.lastIndexOf(LF, start + INPUT_BYTES - 1) + 1;
    if (end <= start) throw new RangeError('a line is longer than a line may be');
    return end;
  }

  private waiting(place: number): { readonly bytes: Buffer; held: number } {
    const { memory, placeAt, waitingAt } = this.reader;
    const held = new Uint32Array(memory.buffer, waitingAt(place), 1);
    return {
      bytes: memory.subarray(placeAt(place), placeAt(place + 1)),
      get held() { return held[0]!; },
      set held(bytes) { held[0] = bytes; },
    };
  }

  private host({ groups, isErased }: PlainSetup): ReaderHost {
    const text = (start: number, end: number, encoding: 'utf8' | 'latin1' = 'utf8'): string => this.reader.memory.toString(encoding, start, end);
    return {
      isUtf8: (start, end) => isUtf8(this.reader.memory.subarray(start, end)),
      isForbiddenMerchant: (start, end) => FORBIDDEN_MERCHANT.test(text(start, end)),
      isErased: (start, end) => isErased!(text(start, end)),
      countCards: (start, end) => this.listener.suspect(text(start, end, 'latin1')),
      countUnknown: (start, end) => this.listener.unknownName(text(start, end), this.reader.line()),
      check: (start, end, hash, hashEnd) => this.listener.checked(start - this.origin, end - this.origin, this.reader.line(), BigInt(text(hash, hashEnd))),
      flush: (place) => (place < groups ? this.texts.at(place) : this.marks.at(place - groups)).flush(),
    };
  }
}
