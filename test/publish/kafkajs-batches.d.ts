/** What kafkajs writes, to hold ours against it. */
declare module 'kafkajs/src/protocol/recordBatch/v0' {
  export function RecordBatch(batch: Readonly<Record<string, unknown>>): Promise<{ readonly buffer: Buffer }>;
}

declare module 'kafkajs/src/protocol/recordBatch/record/v0' {
  function encodeRecord(record: Readonly<Record<string, unknown>>): unknown;
  export = encodeRecord;
}
