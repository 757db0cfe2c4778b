/**
 * Payments as tuples of COPY's binary format, from rows or from the Avro that the topic has of them. The latter field after field from
 * bytes to bytes: of a million rows to load, making strings and bigints of them first and bytes of those again was most of what the
 * loader's own process did.
 */
import { AvroReader } from '../contract/avro-reader';
import { copyPart } from '../contract/bytes';
import { CURATED_COLUMNS, type Column, type ColumnType, type CuratedPayment } from '../contract/payment';
import type { HourTuples } from './hour-tuples';
import { TupleBytes } from './tuple-bytes';

/** Postgres counts from 2000-01-01. */
const EPOCH_MICROS = 946_684_800_000_000n;
const EPOCH_LOW = Number(EPOCH_MICROS & 0xffff_ffffn);
const EPOCH_HIGH = Number(EPOCH_MICROS >> 32n);
const EPOCH_DAYS = 10_957;
const DAY_MS = 86_400_000;
const FIELDS = CURATED_COLUMNS.length;
/** Of a tuple without its texts: the count, then a length and eight bytes for each field at most. */
const MOST_OF_A_TUPLE = 2 + FIELDS * 12;
/** A UTF-16 unit takes three bytes of UTF-8 at most. */
const MOST_OF_A_UNIT = 3;
const TEXT_COLUMNS = CURATED_COLUMNS.filter(({ type }) => type === 'string').map(({ name }) => name);
const NONE = Buffer.alloc(0);
/** So few that a part of the keys in which there are other payments is small, so many that asking for each part costs nothing. */
const TUPLES_OF_A_PART = 4_096;

type Write = (tuples: CopyTuples, value: never) => void;

const WRITES: Readonly<Record<ColumnType, Write>> = {
  string: (tuples, value: string) => tuples.text(value),
  bigint: (tuples, value: bigint) => tuples.int64(value),
  int: (tuples, value: number) => tuples.int32(value),
  double: (tuples, value: number) => tuples.float64(value),
  boolean: (tuples, value: boolean) => tuples.boolean(value),
  timestamp: (tuples, value: bigint) => tuples.int64(value - EPOCH_MICROS),
  date: (tuples, value: string) => tuples.int32(daysOf(value)),
};

/** Behind the first, the payment's id. */
const OTHER_COLUMNS: readonly { readonly name: Column['name']; readonly write: (tuples: CopyTuples, value: unknown) => void }[] =
  CURATED_COLUMNS.slice(1).map(({ name, type }) => ({ name, write: WRITES[type] as (tuples: CopyTuples, value: unknown) => void }));

const days = new Map<string, number>();

function daysOf(date: string): number {
  let known = days.get(date);
  if (known === undefined) {
    known = Date.parse(date) / DAY_MS - EPOCH_DAYS;
    days.set(date, known);
  }
  return known;
}

export interface KeyParts {
  readonly first: readonly string[];
  readonly last: readonly string[];
}

export class CopyTuples extends TupleBytes {
  private readonly sent = new AvroReader();
  /** of the tuple before: its payment's id */
  private readonly last = { chunk: NONE, start: 0, end: 0 };
  private tuples = 0;
  private readonly firstOfParts: string[] = [];
  private readonly lastOfParts: string[] = [];
  /** whether every tuple's id came behind the one before, byte by byte, or was the same */
  inOrder = true;
  /** tuples of another landing hour than the one given; 0 where none was */
  strangers = 0;
  private readonly hour: bigint | null;
  private readonly hourLow: number;
  private readonly hourHigh: number;

  /** `landingHour`: the one that all should be of */
  constructor(landingHour: Date | null = null) {
    super();
    this.hour = landingHour === null ? null : BigInt(landingHour.getTime()) * 1000n;
    this.hourLow = Number(BigInt.asIntN(32, this.hour ?? 0n));
    this.hourHigh = Number((this.hour ?? 0n) >> 32n);
  }

  /** The payments' ids cut into parts, the first and the last of each; null where they did not come in order. */
  get parts(): KeyParts | null {
    if (!this.inOrder) return null;
    const last = this.tuples > 0 ? [this.lastId()] : [];
    return { first: this.firstOfParts, last: [...this.lastOfParts, ...last] };
  }

  row(row: CuratedPayment): void {
    this.begin(FIELDS, TEXT_COLUMNS.reduce((bytes, name) => bytes + MOST_OF_A_UNIT * String(row[name] ?? '').length, MOST_OF_A_TUPLE));
    this.text(row.payment_id);
    this.follow(this.at - Buffer.byteLength(row.payment_id));
    for (const { name, write } of OTHER_COLUMNS) {
      const value = row[name];
      if (value === null) this.nothing();
      else write(this, value);
    }
    if (this.hour !== null && row.landing_hour !== this.hour) this.strangers += 1;
  }

  /** Throws where the bytes from `start` to `end` are not one row and nothing else; the tuples so far are not to be used then. */
  avro(bytes: Buffer, start = 0, end = bytes.length): void {
    this.begin(FIELDS, MOST_OF_A_TUPLE + end - start);
    this.sent.begin(bytes, start, end);
    this.avroText();
    this.follow(this.at - (this.sent.at - this.sent.start));
    this.avroText();
    if (this.present()) this.avroText();
    this.avroLong();
    this.avroText();
    this.avroText();
    if (this.present()) this.avroText();
    if (this.present()) this.float64(this.sent.double());
    if (this.present()) this.avroInstant();
    if (this.present()) this.avroInstant();
    this.avroInstant();
    if (this.present()) this.avroText();
    if (this.present()) this.avroText();
    this.number(this.sent.day() - EPOCH_DAYS);
    this.number(this.sent.int());
    if (this.present()) this.avroLong();
    this.boolean(this.sent.boolean());
    this.boolean(this.sent.boolean());
    this.avroInstant();
    this.number(this.sent.int());
    this.avroInstant();
    if (this.hour !== null && (this.sent.low !== this.hourLow || this.sent.high !== this.hourHigh)) this.strangers += 1;
    this.avroLong();
    this.sent.end();
  }

  /** What hour_payments keeps of the tuple that was written last. */
  lastInto(hour: HourTuples): void {
    hour.take(this.chunk, this.start, this.at);
  }

  text(value: string): void {
    const bytes = this.chunk.write(value, this.at + 4, 'utf8');
    this.chunk.writeInt32BE(bytes, this.at);
    this.at += 4 + bytes;
  }

  int64(value: bigint): void {
    this.at = this.chunk.writeInt32BE(8, this.at);
    this.at = this.chunk.writeBigInt64BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.chunk.writeInt32BE(4, this.at);
    this.at = this.chunk.writeInt32BE(value, this.at);
  }

  float64(value: number): void {
    this.at = this.chunk.writeInt32BE(8, this.at);
    this.at = this.chunk.writeDoubleBE(value, this.at);
  }

  boolean(value: boolean): void {
    this.word(1);
    this.chunk[this.at++] = value ? 1 : 0;
  }

  /** The payment's id has just been written, from `start` on. */
  private follow(start: number): void {
    const { chunk, at, last } = this;
    if (this.inOrder) {
      const both = Math.min(at - start, last.end - last.start);
      let same = 0;
      while (same < both && chunk[start + same] === last.chunk[last.start + same]) same += 1;
      this.inOrder = same < both ? chunk[start + same]! > last.chunk[last.start + same]! : at - start >= last.end - last.start;
    }
    const begins = this.tuples % TUPLES_OF_A_PART === 0;
    if (begins && this.tuples > 0) this.lastOfParts.push(this.lastId());
    last.chunk = chunk;
    last.start = start;
    last.end = at;
    if (begins) this.firstOfParts.push(this.lastId());
    this.tuples += 1;
  }

  private lastId(): string {
    return this.last.chunk.toString('utf8', this.last.start, this.last.end);
  }

  /** Of the union with null; null is written at once. */
  private present(): boolean {
    if (this.sent.present()) return true;
    this.nothing();
    return false;
  }

  /** An int32 for certain: `int32` looks. */
  private number(value: number): void {
    this.word(4);
    this.word(value);
  }

  private avroText(): void {
    const { sent } = this;
    sent.text();
    this.word(sent.at - sent.start);
    this.at = copyPart(sent.bytes, sent.start, sent.at, this.chunk, this.at);
  }

  private avroLong(): void {
    this.sent.halves();
    this.word(8);
    this.word(this.sent.high);
    this.word(this.sent.low);
  }

  private avroInstant(): void {
    this.sent.halves();
    const low = (this.sent.low >>> 0) - EPOCH_LOW;
    const high = this.sent.high - EPOCH_HIGH - (low < 0 ? 1 : 0);
    // `word` would cut an instant before all of Postgres' into another one.
    if (high !== (high | 0)) throw new RangeError('not an instant that Postgres holds');
    this.word(8);
    this.word(high);
    this.word(low);
  }
}
