/**
 * Payments as the binary format of COPY. Binary and not text: int64 and instants go over bit by bit, and there is nothing to
 * escape, so that no payment can say something to the server that it did not mean.
 */
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { CURATED_COLUMNS, type Change, type Column, type ColumnType, type CuratedPayment } from '../contract/payment';
import { readSql } from '../sql/read-sql';
import type { Session } from './postgres';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);
/** Postgres counts from 2000-01-01. */
const EPOCH_MICROS = 946_684_800_000_000n;
const EPOCH_DAYS = 10_957;
const DAY_MS = 86_400_000;
const CHUNK = 256 * 1024;
const FIELDS = CURATED_COLUMNS.length + 1;

export interface CopyControl {
  readonly signal: AbortSignal;
  /** records so far */
  readonly counted: (records: number) => void;
}

export async function copyRows(session: Session, statement: string, batches: AsyncIterable<readonly Change[]>, control: CopyControl): Promise<void> {
  const stream = session.client.query(copyFrom(readSql(statement)));
  await pipeline(copyBytes(batches, control.counted), stream, { signal: control.signal });
}

async function* copyBytes(batches: AsyncIterable<readonly Change[]>, counted: (records: number) => void): AsyncGenerator<Buffer> {
  yield SIGNATURE;
  let records = 0;
  for await (const batch of batches) {
    const encoder = new TupleEncoder();
    for (const change of batch) encoder.tuple(change);
    records += batch.length;
    counted(records);
    yield* encoder.chunks();
  }
  yield END;
}

type Write = (encoder: TupleEncoder, value: never) => void;

const WRITES: Readonly<Record<ColumnType, Write>> = {
  string: (encoder, value: string) => encoder.text(value),
  bigint: (encoder, value: bigint) => encoder.int64(value),
  int: (encoder, value: number) => encoder.int32(value),
  double: (encoder, value: number) => encoder.float64(value),
  boolean: (encoder, value: boolean) => encoder.boolean(value),
  timestamp: (encoder, value: bigint) => encoder.int64(value - EPOCH_MICROS),
  date: (encoder, value: string) => encoder.int32(daysOf(value)),
};

const COLUMNS: readonly { readonly name: Column['name']; readonly write: (encoder: TupleEncoder, value: unknown) => void }[] =
  CURATED_COLUMNS.map(({ name, type }) => ({ name, write: WRITES[type] as (encoder: TupleEncoder, value: unknown) => void }));

const days = new Map<string, number>();

function daysOf(date: string): number {
  let known = days.get(date);
  if (known === undefined) {
    known = Date.parse(date) / DAY_MS - EPOCH_DAYS;
    days.set(date, known);
  }
  return known;
}

class TupleEncoder {
  private readonly full: Buffer[] = [];
  private chunk = Buffer.allocUnsafe(CHUNK);
  private at = 0;

  tuple(change: Change): void {
    this.room(8);
    this.at = this.chunk.writeInt16BE(FIELDS, this.at);
    this.at = this.chunk.writeInt32BE(2, this.at);
    this.at = this.chunk.writeInt16BE(change.op === 'upsert' ? 1 : 2, this.at);
    const row: CuratedPayment = change.row;
    for (const { name, write } of COLUMNS) {
      const value = row[name];
      if (value === null) this.nothing();
      else write(this, value);
    }
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
    this.at = this.chunk.writeInt32BE(1, this.at);
    this.at = this.chunk.writeUInt8(value ? 1 : 0, this.at);
  }

  *chunks(): Generator<Buffer> {
    yield* this.full;
    if (this.at > 0) yield this.chunk.subarray(0, this.at);
  }

  private nothing(): void {
    this.room(4);
    this.at = this.chunk.writeInt32BE(-1, this.at);
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.chunk.length) return;
    this.full.push(this.chunk.subarray(0, this.at));
    this.chunk = Buffer.allocUnsafe(Math.max(CHUNK, bytes));
    this.at = 0;
  }
}
