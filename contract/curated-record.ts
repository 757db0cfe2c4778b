/** The published value: a curated row as Avro or as JSON, and back. int64 never passes through a JavaScript number. */
import { Type, types, type Schema } from 'avsc';
import { decodeAvro, encodeAvro } from './curated-avro';
import type { ColumnType, CuratedPayment } from './payment';
import { CURATED_COLUMNS } from './payment';

export type RecordFormat = 'avro' | 'json';

/** Most processes know one version of the schema and ask avsc nothing, which takes a tenth of a command's start to load. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const AVRO_TYPES: Readonly<Record<ColumnType, unknown>> = {
  string: 'string',
  bigint: 'long',
  int: 'int',
  double: 'double',
  boolean: 'boolean',
  timestamp: { type: 'long', logicalType: 'timestamp-micros' },
  date: { type: 'int', logicalType: 'date' },
};

/** The schema that the registry keeps under the topic's name. */
export const CURATED_AVRO_SCHEMA = {
  type: 'record',
  name: 'CuratedPayment',
  namespace: 'sluice.payments',
  doc: 'One row a payment in a run of a landing hour. Amounts are minor units; instants are microseconds since the epoch, UTC.',
  fields: CURATED_COLUMNS.map((column) => (column.nullable
    ? { name: column.name, type: ['null', AVRO_TYPES[column.type]], default: null }
    : { name: column.name, type: AVRO_TYPES[column.type] })),
} as const;

/** avsc reads a long into a double unless told otherwise: beyond 2^53 a cent would be lost. */
const longType = once(() => types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.allocUnsafe(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: (value: number | string) => BigInt(value),
  toJSON: (value: bigint) => value.toString(),
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
}));

/** Our schema as a type, or another version of it. */
export function curatedType(schema: unknown = CURATED_AVRO_SCHEMA): Type {
  return Type.forSchema(schema as Schema, {
    // A hook and not the registry: the registry does not reach a long that carries a logical type.
    typeHook: (schema) => (schema === 'long' || (schema as { type?: unknown }).type === 'long' ? longType() : undefined),
    wrapUnions: true,
  });
}

const ourType = once(curatedType);

export type WriterResolver = ReturnType<Type['createResolver']>;

/** Reads records written under another version of the schema; null where that is ours. Throws where ours cannot read them. */
export function resolverFor(writerSchema: unknown): WriterResolver | null {
  const writer = curatedType(writerSchema);
  return writer.equals(ourType()) ? null : ourType().createResolver(writer);
}
const DAY_MS = 86_400_000;

/** avsc cannot tell a bigint's branch of a union by itself: nullable columns are read under their branch's name. */
const BRANCHES = CURATED_COLUMNS.filter((column) => column.nullable).map((column) => {
  const avro = AVRO_TYPES[column.type];
  return { name: column.name, branch: typeof avro === 'string' ? avro : (avro as { type: string }).type };
});

export function encodeCurated(format: RecordFormat, row: CuratedPayment): Buffer {
  if (format === 'json') return Buffer.from(curatedToJson(row), 'utf8');
  return encodeAvro(row);
}

/** `value` without the registry's header; `writer` where another version of the schema wrote it. */
export function decodeCurated(format: RecordFormat, value: Buffer, writer: WriterResolver | null = null): CuratedPayment {
  if (format === 'json') return curatedFromJson(value.toString('utf8'));
  return writer === null ? decodeAvro(value) : resolved(value, writer);
}

function resolved(value: Buffer, writer: WriterResolver): CuratedPayment {
  const row = { ...(ourType().fromBuffer(value, writer) as Record<string, unknown>) };
  for (const { name, branch } of BRANCHES) if (row[name] !== null) row[name] = (row[name] as Record<string, unknown>)[branch];
  row.dt = new Date((row.dt as number) * DAY_MS).toISOString().slice(0, 10);
  return row as unknown as CuratedPayment;
}

/** int64 and instants as decimal strings: a JSON number is a double to most who will read it. */
export function curatedToJson(row: CuratedPayment): string {
  return JSON.stringify(row, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

const BIG_COLUMNS = CURATED_COLUMNS.filter((column) => column.type === 'bigint' || column.type === 'timestamp').map((column) => column.name);

/** Not with a reviver: that is called for every field of a million records. */
export function curatedFromJson(text: string): CuratedPayment {
  const row = JSON.parse(text) as Record<string, unknown>;
  for (const name of BIG_COLUMNS) if (typeof row[name] === 'string') row[name] = BigInt(row[name]);
  return row as unknown as CuratedPayment;
}
