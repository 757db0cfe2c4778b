/** Records that are read before anybody asks for them, so that the session with Postgres and the topic need not wait for each other. */
import { Readable } from 'node:stream';

/** Batches, each of some thousand records at most. */
const MOST_AHEAD = 16;

/** Begins at once. Whoever has it destroys it, or the topic stays open; what it fails with is told to whoever reads. */
export function readAhead<Batch>(batches: AsyncIterable<Batch>): Readable & AsyncIterable<Batch> {
  const ahead = Readable.from(batches, { highWaterMark: MOST_AHEAD });
  // It may fail while nobody reads yet.
  ahead.on('error', () => undefined);
  ahead.read(0);
  return ahead;
}
