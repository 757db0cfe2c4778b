/**
 * Payments as the binary format of COPY. Binary and not text: int64 and instants go over bit by bit, and there is nothing to
 * escape, so that no payment can say something to the server that it did not mean.
 */
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { CuratedPayment } from '../contract/payment';
import { readSql } from '../sql/read-sql';
import { CopyTuples, type KeyParts } from './copy-tuples';
import type { Session } from './postgres';
import { notItsSchema, type SentChange } from './record-codec';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);
/** A connection copies into one table at a time: what is taken back waits until so much of it is there, or nothing else comes. */
const MOST_HELD_BYTES = 16 * 1024 * 1024;

export interface CopyControl {
  readonly signal: AbortSignal;
  /** records so far */
  readonly counted: (records: number) => void;
}

/** Rows as the server counted them. */
export interface CopiedChanges {
  readonly upserts: number;
  readonly retractions: number;
  /** of both, rows of another landing hour than the one given */
  readonly strangers: number;
  /** of the upserts; null where they did not come in the order of their keys */
  readonly parts: KeyParts | null;
}

export async function copyRows(session: Session, statement: string, batches: AsyncIterable<readonly CuratedPayment[]>, signal: AbortSignal): Promise<void> {
  await copy(session, statement, bytesOf(batches), signal);
}

/** Upserts into `arrived`, retractions into `retracted`. */
export async function copyChanges(
  session: Session, landingHour: Date, batches: AsyncIterable<readonly SentChange[]>, control: CopyControl, mostHeldBytes = MOST_HELD_BYTES,
): Promise<CopiedChanges> {
  const upserted = new CopyTuples(landingHour);
  const retracted = new CopyTuples(landingHour);
  const source = batches[Symbol.asyncIterator]();
  let [records, upserts, retractions, over] = [0, 0, 0, false];
  const untilOneMustWait = async function* (): AsyncGenerator<Buffer> {
    yield SIGNATURE;
    while (retracted.bytes < mostHeldBytes) {
      const next = await source.next();
      if (next.done === true) {
        over = true;
        break;
      }
      for (const change of next.value) write(change.op === 'upsert' ? upserted : retracted, change);
      records += next.value.length;
      control.counted(records);
      yield* upserted.chunks();
    }
    yield END;
  };
  try {
    while (!over) {
      upserts += await copy(session, 'load/copy-arrived.sql', untilOneMustWait(), control.signal);
      if (retracted.bytes > 0) retractions += await copy(session, 'load/copy-retracted.sql', [SIGNATURE, ...retracted.chunks(), END], control.signal);
    }
  } finally {
    // Not waited for: it may itself be waiting for a record that never comes.
    source.return?.().catch(() => undefined);
  }
  return { upserts, retractions, strangers: upserted.strangers + retracted.strangers, parts: upserted.parts };
}

async function copy(session: Session, statement: string, bytes: AsyncIterable<Buffer> | Iterable<Buffer>, signal: AbortSignal): Promise<number> {
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
  if ('row' in change) {
    tuples.row(change.row);
    return;
  }
  try {
    tuples.avro(change.bytes, change.start, change.end);
  } catch (error) {
    throw notItsSchema(error);
  }
}
