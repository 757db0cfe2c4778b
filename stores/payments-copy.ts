/**
 * Payments as the binary format of COPY. Binary and not text: int64 and instants go over bit by bit, and there is nothing to
 * escape, so that no payment can say something to the server that it did not mean.
 */
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { readSql } from '../sql/read-sql';
import { CopyTuples } from './copy-tuples';
import type { Session } from './postgres';
import { notItsSchema, type AvroChange, type SentChange } from './record-codec';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);

export interface CopyControl {
  readonly signal: AbortSignal;
  /** records so far */
  readonly counted: (records: number) => void;
}

export async function copyRows(session: Session, statement: string, batches: AsyncIterable<readonly SentChange[]>, control: CopyControl): Promise<void> {
  const stream = session.client.query(copyFrom(readSql(statement)));
  await pipeline(copyBytes(batches, control.counted), stream, { signal: control.signal });
}

async function* copyBytes(batches: AsyncIterable<readonly SentChange[]>, counted: (records: number) => void): AsyncGenerator<Buffer> {
  yield SIGNATURE;
  let records = 0;
  for await (const batch of batches) {
    const tuples = new CopyTuples();
    for (const change of batch) {
      if ('row' in change) tuples.row(change.op, change.row);
      else asSent(tuples, change);
    }
    records += batch.length;
    counted(records);
    yield* tuples.chunks();
  }
  yield END;
}

function asSent(tuples: CopyTuples, { op, bytes, start, end }: AvroChange): void {
  try {
    tuples.avro(op, bytes, start, end);
  } catch (error) {
    throw notItsSchema(error);
  }
}
