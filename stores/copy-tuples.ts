/**
 * Payments as tuples of COPY's binary format, from rows or from the Avro that the topic has of them. The latter field after field from
 * bytes to bytes: of a million rows to load, making strings and bigints of them first and bytes of those again was most of what the
 * loader's own process did.
 */
import { AvroReader } from '../contract/avro-reader';
import { copyPart } from '../contract/bytes';
import { CURATED_COLUMNS, type ChangeOp, type Column, type ColumnType, type CuratedPayment } from '../contract/payment';

/** Postgres counts from 2000-01-01. */
const EPOCH_MICROS = 946_684_800_000_000n;
const EPOCH_LOW = Number(EPOCH_MICROS & 0xffff_ffffn);
const EPOCH_HIGH = Number(EPOCH_MICROS >> 32n);
const EPOCH_DAYS = 10_957;
const DAY_MS = 86_400_000;
const CHUNK = 256 * 1024;
const FIELDS = CURATED_COLUMNS.length + 1;
/** Of a tuple without its texts: the count and the operation, then a length and eight bytes for each field at most. */
const MOST_OF_A_TUPLE = 8 + CURATED_COLUMNS.length * 12;

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

const COLUMNS: readonly { readonly name: Column['name']; readonly write: (tuples: CopyTuples, value: unknown) => void }[] =
  CURATED_COLUMNS.map(({ name, type }) => ({ name, write: WRITES[type] as (tuples: CopyTuples, value: unknown) => void }));

const days = new Map<string, number>();

function daysOf(date: string): number {
  let known = days.get(date);
  if (known === undefined) {
    known = Date.parse(date) / DAY_MS - EPOCH_DAYS;
    days.set(date, known);
  }
  return known;
}

export class CopyTuples {
  private readonly full: Buffer[] = [];
  private chunk = Buffer.allocUnsafe(CHUNK);
  private at = 0;
  private readonly sent = new AvroReader();

  row(op: ChangeOp, row: CuratedPayment): void {
    this.begin(op, MOST_OF_A_TUPLE);
    for (const { name, write } of COLUMNS) {
      const value = row[name];
      if (value === null) this.nothing();
      else write(this, value);
    }
  }

  /** Throws where the bytes from `start` to `end` are not one row and nothing else; the tuples so far are not to be used then. */
  avro(op: ChangeOp, bytes: Buffer, start = 0, end = bytes.length): void {
    // Room for all of it at once: the values below are put one behind the other and look no more.
    this.begin(op, MOST_OF_A_TUPLE + end - start);
    this.sent.begin(bytes, start, end);
    this.avroText();
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
    this.truth(this.sent.boolean());
    this.truth(this.sent.boolean());
    this.avroInstant();
    this.number(this.sent.int());
    this.avroInstant();
    this.avroLong();
    this.sent.end();
  }

  text(value: string): void {
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    this.room(4 + value.length * 3);
    const bytes = this.chunk.write(value, this.at + 4, 'utf8');
    this.chunk.writeInt32BE(bytes, this.at);
    this.at += 4 + bytes;
  }

  int64(value: bigint): void {
    this.room(12);
    this.at = this.chunk.writeInt32BE(8, this.at);
    this.at = this.chunk.writeBigInt64BE(value, this.at);
  }

  int32(value: number): void {
    this.room(8);
    this.at = this.chunk.writeInt32BE(4, this.at);
    this.at = this.chunk.writeInt32BE(value, this.at);
  }

  float64(value: number): void {
    this.room(12);
    this.at = this.chunk.writeInt32BE(8, this.at);
    this.at = this.chunk.writeDoubleBE(value, this.at);
  }

  boolean(value: boolean): void {
    this.room(5);
    this.truth(value);
  }

  *chunks(): Generator<Buffer> {
    yield* this.full;
    if (this.at > 0) yield this.chunk.subarray(0, this.at);
  }

  private begin(op: ChangeOp, bytes: number): void {
    this.room(bytes);
    this.chunk[this.at] = 0;
    this.chunk[this.at + 1] = FIELDS;
    this.at += 2;
    this.word(2);
    this.chunk[this.at] = 0;
    this.chunk[this.at + 1] = op === 'upsert' ? 1 : 2;
    this.at += 2;
  }

  private nothing(): void {
    this.room(4);
    this.word(-1);
  }

  private word(value: number): void {
    const { chunk, at } = this;
    chunk[at] = value >>> 24;
    chunk[at + 1] = value >>> 16;
    chunk[at + 2] = value >>> 8;
    chunk[at + 3] = value;
    this.at = at + 4;
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.chunk.length) return;
    this.full.push(this.chunk.subarray(0, this.at));
    this.chunk = Buffer.allocUnsafe(Math.max(CHUNK, bytes));
    this.at = 0;
  }

  /** Of the union with null; null is written at once. */
  private present(): boolean {
    if (this.sent.present()) return true;
    this.word(-1);
    return false;
  }

  /** An int32 for certain: `int32` looks. */
  private number(value: number): void {
    this.word(4);
    this.word(value);
  }

  private truth(value: boolean): void {
    this.word(1);
    this.chunk[this.at++] = value ? 1 : 0;
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
