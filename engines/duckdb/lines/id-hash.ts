/**
 * Hashes of single ids, as the compiled reader makes them of plain lines: a payment's or a merchant's other lines must be found where those are.
 * By a reader of this thread that reads nothing else.
 */
import { openCompiledReader, type CompiledReader } from './compiled-reader';

/** More than an id may have. */
const INPUT_BYTES = 1024;

let reader: CompiledReader | null = null;

function withId(ids: Buffer, start: number, end: number): CompiledReader {
  if (end - start > INPUT_BYTES / 2) throw new RangeError('an id is longer than an id may be');
  reader ??= openCompiledReader({ groups: 0, buckets: 0, inputBytes: INPUT_BYTES, asksWhoIsErased: false, latest: new Date(0) }, {
    isUtf8: never, isForbiddenMerchant: never, isErased: never, countCards: never, countUnknown: never, check: never, flush: never,
  });
  ids.copy(reader.memory, reader.input, start, end);
  return reader;
}

function never(): never {
  throw new Error('a reader of ids was given lines');
}

export function idHash(ids: Buffer, start: number, end: number): number {
  const { input, idHash: hash } = withId(ids, start, end);
  return hash(input, input + end - start);
}

/** Writes the id's mark, of so many bytes; answers with a number that is the same for all lines of the payment. */
export function putMark(ids: Buffer, start: number, end: number, to: Buffer, at: number, bytes: number): number {
  const { input, memory, putMark: put } = withId(ids, start, end);
  const mark = input + INPUT_BYTES / 2;
  const number = put(input, input + end - start, mark);
  memory.copy(to, at, mark, mark + bytes);
  return number;
}
