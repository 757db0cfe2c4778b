/** Where in the raw objects the lines of a payment are: one pass over each object, nothing kept but the places. */
import type { LandedObject } from '../contract/run';
import { MAX_LINE_BYTES } from '../contract/payment';
import { decompressed } from './decompress';
import type { Lake } from './lake';

export interface RawPlace {
  readonly object: string;
  /** the version id where the bucket keeps versions, else the ETag */
  readonly version: string;
  /** bytes before the line in the decompressed stream, a byte order mark included */
  readonly offset: number;
  readonly length: number;
  readonly lineNumber: number;
  /** as it landed: whoever shows it masks cards first */
  readonly line: string;
}

const LF = 10;
const CR = 13;

/** Objects that are gone or cannot be read to their end give what was found before. */
export async function placesOfPayment(lake: Lake, objects: readonly LandedObject[], paymentId: string, signal: AbortSignal): Promise<{ readonly places: readonly RawPlace[]; readonly unread: readonly string[] }> {
  const places: RawPlace[] = [];
  const unread: string[] = [];
  for (const object of objects) {
    signal.throwIfAborted();
    try {
      for await (const place of placesIn(lake, object, paymentId, signal)) places.push(place);
    } catch (error) {
      if (signal.aborted) throw error;
      unread.push(object.key);
    }
  }
  return { places, unread };
}

async function* placesIn(lake: Lake, object: LandedObject, paymentId: string, signal: AbortSignal): AsyncGenerator<RawPlace> {
  const wanted = Buffer.from(paymentId);
  const source = await lake.open({ key: object.key, etag: object.etag, ...(object.versionId === undefined ? {} : { versionId: object.versionId }) }, signal);
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let lineNumber = 0;
  const placeOf = (line: Buffer): RawPlace | null => {
    lineNumber += 1;
    const bytes = line.at(-1) === CR ? line.subarray(0, -1) : line;
    if (bytes.length > MAX_LINE_BYTES || !bytes.includes(wanted) || idOf(bytes) !== paymentId) return null;
    return { object: object.key, version: object.versionId ?? object.etag, offset, length: bytes.length, lineNumber, line: bytes.toString('utf8') };
  };
  for await (const chunk of decompressed(source)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = bytes.indexOf(LF, at); end !== -1; end = bytes.indexOf(LF, at)) {
      const place = placeOf(bytes.subarray(at, end));
      if (place !== null) yield place;
      offset += end + 1 - at;
      at = end + 1;
    }
    rest = bytes.subarray(at);
  }
  const last = rest.length === 0 ? null : placeOf(rest);
  if (last !== null) yield last;
}

/** Refused lines have no id that counts. */
function idOf(line: Buffer): unknown {
  try {
    return (JSON.parse(line.toString('utf8').replace(/^\ufeff/, '')) as { readonly payment_id?: unknown }).payment_id;
  } catch {
    return undefined;
  }
}
