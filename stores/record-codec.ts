/** Published values: what precedes them (AWS' registry header, for Avro) and how they become rows again. */
import { addAvro } from '../contract/curated-avro';
import { decodeCurated, encodeCurated, resolverFor, type RecordFormat, type WriterResolver } from '../contract/curated-record';
import { SluiceError } from '../contract/errors';
import type { Change, ChangeOp, CuratedPayment } from '../contract/payment';
import { SumsOfRows } from '../contract/sums';
import { opOf, type Headers } from './run-headers';

const HEADER_VERSION = 3;
const NOT_COMPRESSED = 0;
const HEADER_BYTES = 18;
const JSON_SCHEMA = 'json/1';

export interface WriterSchemas {
  versionId(): Promise<string>;
  writerSchema(versionId: string): Promise<unknown>;
}

/** A record whose value lies among the bytes of others: of a million, a Buffer each would be thrown away again. */
export interface EncodedRecord {
  readonly bytes: Buffer;
  readonly valueStart: number;
  /** below 0: it has no value */
  readonly valueLength: number;
  readonly headers: Headers;
}

/** A change that nobody needs as a row: where its value lies in Avro, written under our own schema. */
export interface AvroChange {
  readonly op: ChangeOp;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export type SentChange = Change | AvroChange;

/** 1 byte header version, 1 byte compression, 16 bytes version id: as the AWS Glue serializers write it. */
export function encodeHeader(versionId: string): Buffer {
  return Buffer.concat([Buffer.from([HEADER_VERSION, NOT_COMPRESSED]), Buffer.from(versionId.replaceAll('-', ''), 'hex')]);
}

export function decodeHeader(value: Buffer): { readonly versionId: string; readonly payload: Buffer } {
  if (value.length < HEADER_BYTES || value[0] !== HEADER_VERSION || value[1] !== NOT_COMPRESSED) {
    throw unreadable('the value does not begin with the schema registry’s header', value.subarray(0, HEADER_BYTES).toString('hex'));
  }
  return {
    versionId: value.toString('hex', 2, HEADER_BYTES).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    payload: value.subarray(HEADER_BYTES),
  };
}

/** `ours` is the schema of this version of Sluice; `unknown`: the registry has forgotten the version, see below. */
type Writer = 'ours' | 'unknown' | WriterResolver;

export class RecordCodec {
  private readonly writers = new Map<string, Writer>();

  constructor(private readonly registry: WriterSchemas) {}

  /** What stands before every value of a run, and what its header `schema` says. */
  async writing(format: RecordFormat): Promise<{ readonly valueHeader: Buffer; readonly schema: string }> {
    if (format === 'json') return { valueHeader: Buffer.alloc(0), schema: JSON_SCHEMA };
    const versionId = await this.registry.versionId();
    return { valueHeader: encodeHeader(versionId), schema: versionId };
  }

  rows(records: readonly EncodedRecord[]): Promise<readonly CuratedPayment[]> {
    return this.decoded(records, (record) => this.row('ours', valueOf(record)), (row) => row);
  }

  /** For who wants bytes anyway: rows only where the value is no Avro of this version's schema. */
  sent(records: readonly EncodedRecord[]): Promise<readonly SentChange[]> {
    let [last, op]: [Headers | null, ChangeOp] = [null, 'upsert'];
    return this.decoded<SentChange>(records, ({ bytes, valueStart, valueLength, headers }) => {
      if (headers !== last) op = opOf(headers);
      last = headers;
      return { op, bytes, start: valueStart + HEADER_BYTES, end: valueStart + valueLength };
    }, (row, { headers }) => ({ op: opOf(headers), row }));
  }

  /** Adds records up, none of which anybody needs as a row: upserts to `upserts`. Answers with how many are retractions; those too must be readable. */
  async addUp(records: readonly EncodedRecord[], upserts: SumsOfRows): Promise<number> {
    const retracts = new SumsOfRows();
    const sumsOf = (headers: Headers): SumsOfRows => (opOf(headers) === 'upsert' ? upserts : retracts);
    const ops = await this.decoded<ChangeOp>(records, ({ bytes, valueStart, valueLength, headers }) => {
      try {
        addAvro(sumsOf(headers), bytes, valueStart + HEADER_BYTES, valueStart + valueLength);
      } catch (error) {
        throw notItsSchema(error);
      }
      return opOf(headers);
    }, (row, { headers }) => {
      sumsOf(headers).add(row);
      return opOf(headers);
    });
    return ops.filter((op) => op === 'retract').length;
  }

  /**
   * By what each record says of itself, not by what is configured now: a topic may hold both formats. `ours`: what becomes of our own Avro,
   * `read`: of a row from anything else.
   */
  private async decoded<T>(
    records: readonly EncodedRecord[], ours: (record: EncodedRecord) => T, read: (row: CuratedPayment, record: EncodedRecord) => T,
  ): Promise<readonly T[]> {
    const decoded: T[] = [];
    let seen: Headers | undefined;
    let json = false;
    let last: EncodedRecord | null = null;
    let writer: Writer = 'unknown';
    for (const record of records) {
      if (record.valueLength < 0) throw unreadable('a record without a value', 'null');
      // A run's records share their headers.
      if (record.headers !== seen) json = record.headers.schema?.toString() === JSON_SCHEMA;
      seen = record.headers;
      if (json) {
        decoded.push(read(decodeCurated('json', valueOf(record)), record));
        continue;
      }
      // By the raw bytes: a million records do not need a million formatted ids.
      if (last === null || !beginAlike(record, last)) {
        const value = valueOf(record);
        const id = value.toString('latin1', 0, HEADER_BYTES);
        writer = this.writers.get(id) ?? await this.meet(id, value);
      }
      last = record;
      decoded.push(writer === 'ours' ? ours(record) : read(this.row(writer, valueOf(record)), record));
    }
    return decoded;
  }

  private async meet(id: string, value: Buffer): Promise<Writer> {
    const { versionId } = decodeHeader(value);
    const schema = await this.registry.writerSchema(versionId);
    const writer: Writer = schema === null ? 'unknown' : resolverFor(schema) ?? 'ours';
    this.writers.set(id, writer);
    return writer;
  }

  private row(writer: Writer, value: Buffer): CuratedPayment {
    const payload = value.subarray(HEADER_BYTES);
    try {
      if (writer !== 'unknown') return decodeCurated('avro', payload, writer === 'ours' ? null : writer);
      // An emulated registry forgets its versions when it restarts, the topic does not. Ours is taken for the writer's schema
      // only where it gives back the very same bytes.
      const row = decodeCurated('avro', payload);
      if (encodeCurated('avro', row).equals(payload)) return row;
    } catch (error) {
      throw notItsSchema(error, decodeHeader(value).versionId);
    }
    throw unreadable('the schema registry does not know the schema of the record', decodeHeader(value).versionId);
  }
}

function valueOf({ bytes, valueStart, valueLength }: EncodedRecord): Buffer {
  return bytes.subarray(valueStart, valueStart + valueLength);
}

/** Whether both have the same header, and room for one. */
function beginAlike(one: EncodedRecord, other: EncodedRecord): boolean {
  if (one.valueLength < HEADER_BYTES || other.valueLength < HEADER_BYTES) return false;
  for (let at = 0; at < HEADER_BYTES; at += 1) if (one.bytes[one.valueStart + at] !== other.bytes[other.valueStart + at]) return false;
  return true;
}

export function notItsSchema(cause: unknown, versionId = 'CuratedPayment'): SluiceError {
  return unreadable('the value does not fit its schema', versionId, cause);
}

function unreadable(what: string, on: string, cause?: unknown): SluiceError {
  return new SluiceError({
    kind: 'data',
    what,
    on,
    fix: 'Only Sluice may write to the topic, and its registry must keep every version',
    ...(cause === undefined ? {} : { cause }),
  });
}
