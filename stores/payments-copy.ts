/**
 * Payments as the binary format of COPY. Binary and not text: int64 and instants go over bit by bit, and there is nothing to
 * escape, so that no payment can say something to the server that it did not mean.
 */
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { AvroReader } from '../contract/avro-reader';
import type { CuratedPayment } from '../contract/payment';
import { readSql } from '../sql/read-sql';
import { CopyTuples, type KeyParts } from './copy-tuples';
import { HourTuples } from './hour-tuples';
import type { Session } from './postgres';
import { notItsSchema, type SentChange } from './record-codec';
import type { TupleBytes } from './tuple-bytes';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);
const sent = new AvroReader();
/** A connection copies into one table at a time: what goes into another one waits until so much of it is there, or nothing else comes. */
const MOST_HELD_BYTES = 16 * 1024 * 1024;
/** Of hour_payments: a million rows. Each COPY into curated_payments ends with its own part of the roll-ups, a quarter of a second however small it is. */
const MOST_OF_HOUR_BYTES = 128 * 1024 * 1024;

export interface CopyControl {
  readonly signal: AbortSignal;
  /** records so far */
  readonly counted: (records: number) => void;
}

export interface CopyOptions {
  /** The greatest id that anybody has: payments behind it go into the tables themselves. Null: all that arrives is to be decided. */
  readonly beyond?: Buffer | null;
  readonly mostHeldBytes?: number;
  readonly mostOfHourBytes?: number;
}

/** Rows as the server counted them. */
export interface CopiedChanges {
  /** in curated_payments already */
  readonly straight: number;
  /** the same ones, in hour_payments */
  readonly inHour: number;
  /** the others */
  readonly upserts: number;
  readonly retractions: number;
  /** of all, rows of another landing hour than the one given */
  readonly strangers: number;
  /** of the upserts that are to be decided; null where they did not come in the order of their keys */
  readonly parts: KeyParts | null;
}

export async function copyRows(session: Session, statement: string, batches: AsyncIterable<readonly CuratedPayment[]>, signal: AbortSignal): Promise<void> {
  await copyBytes(session, statement, bytesOf(batches), signal);
}

/** Upserts into `arrived`, those of payments that nobody has into the tables themselves, retractions into `retracted`. */
export async function copyChanges(
  session: Session, landingHour: Date, batches: AsyncIterable<readonly SentChange[]>, control: CopyControl,
  { beyond = null, mostHeldBytes = MOST_HELD_BYTES, mostOfHourBytes = MOST_OF_HOUR_BYTES }: CopyOptions = {},
): Promise<CopiedChanges> {
  const [arrived, retracted, straight, inHour] = [new CopyTuples(landingHour), new CopyTuples(landingHour), new CopyTuples(landingHour), new HourTuples()];
  const toDecide = new Target('load/copy-arrived.sql', arrived, mostHeldBytes);
  const takenBack = new Target('load/copy-retracted.sql', retracted, mostHeldBytes);
  const payments = new Target('load/copy-payments.sql', straight, mostHeldBytes);
  const ofHour = new Target('load/copy-hour-payments.sql', inHour, mostOfHourBytes);
  const [streamed, held] = beyond === null ? [toDecide, [takenBack]] : [payments, [ofHour, toDecide, takenBack]];
  const take = (change: SentChange): void => {
    if (change.op === 'retract') return write(retracted, change);
    if (beyond === null || !isBehind(change, beyond)) return write(arrived, change);
    write(straight, change);
    straight.lastInto(inHour);
  };

  const source = batches[Symbol.asyncIterator]();
  let [records, over] = [0, false];
  const untilOneMustWait = async function* (): AsyncGenerator<Buffer> {
    yield SIGNATURE;
    while (!held.some((target) => target.isFull)) {
      const next = await source.next();
      if (next.done === true) {
        over = true;
        break;
      }
      for (const change of next.value) take(change);
      records += next.value.length;
      control.counted(records);
      yield* streamed.tuples.chunks();
    }
    yield END;
  };
  try {
    while (!over) {
      streamed.rows += await copyBytes(session, streamed.statement, untilOneMustWait(), control.signal);
      for (const target of held) {
        if (target.tuples.bytes > 0) target.rows += await copyBytes(session, target.statement, [SIGNATURE, ...target.tuples.chunks(), END], control.signal);
      }
    }
  } finally {
    // Not waited for: it may itself be waiting for a record that never comes.
    source.return?.().catch(() => undefined);
  }
  return {
    straight: payments.rows, inHour: ofHour.rows, upserts: toDecide.rows, retractions: takenBack.rows,
    strangers: arrived.strangers + retracted.strangers + straight.strangers,
    parts: arrived.parts,
  };
}

/** A table that is copied into, and what waits for it. */
class Target {
  rows = 0;

  constructor(readonly statement: string, readonly tuples: TupleBytes, private readonly most: number) {}

  get isFull(): boolean {
    return this.tuples.bytes >= this.most;
  }
}

/** Bytes that are as the statement wants them; answers with the rows that the server counted. */
export async function copyBytes(session: Session, statement: string, bytes: AsyncIterable<Buffer> | Iterable<Buffer>, signal: AbortSignal): Promise<number> {
  const stream = session.client.query(copyFrom(readSql(statement)));
  await pipeline(bytes, stream, { signal });
  return stream.rowCount;
}

async function* bytesOf(batches: AsyncIterable<readonly CuratedPayment[]>): AsyncGenerator<Buffer> {
  yield SIGNATURE;
  const tuples = new CopyTuples();
  for await (const batch of batches) {
    for (const row of batch) tuples.row(row);
    yield* tuples.chunks();
  }
  yield END;
}

function write(tuples: CopyTuples, change: SentChange): void {
  if ('row' in change) tuples.row(change.row);
  else readable(() => tuples.avro(change.bytes, change.start, change.end));
}

/** Whether the payment's id comes behind this one, byte by byte as in Postgres' indexes. */
function isBehind(change: SentChange, id: Buffer): boolean {
  if ('row' in change) return Buffer.from(change.row.payment_id, 'utf8').compare(id) > 0;
  const { bytes, start, end } = change;
  return readable(() => {
    sent.begin(bytes, start, end);
    sent.text();
    return bytes.compare(id, 0, id.length, sent.start, sent.at) > 0;
  });
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw notItsSchema(error);
  }
}
