/** A published value comes back as the row it was, to the last cent, whichever version of the schema wrote it. */
import { randomUUID } from 'node:crypto';
import { CURATED_AVRO_SCHEMA, encodeCurated, type RecordFormat } from '../../contract/curated-record';
import { decodeHeader, encodeHeader, RecordCodec, type EncodedRecord } from '../../stores/record-codec';
import { openSchemaRegistry, SchemaRegistry } from '../../stores/schema-registry';
import { GlueClient } from '@aws-sdk/client-glue';
import { paymentOf, TopicUnderTest } from './topic-under-test';

const INT64_MAX = 9_223_372_036_854_775_807n;
const ROWS = [
  paymentOf('most', { amount_cents: INT64_MAX, row_hash: INT64_MAX, authorized_to_complete_ms: INT64_MAX, created_at: 4_133_980_799_999_999n }),
  paymentOf('least', { authorized_to_complete_ms: -INT64_MAX - 1n, amount_cents: 0n, authorized_at: -1n, dt: '1969-12-31', risk_score: 0 }),
  paymentOf('text', { user_id: 'ü✓ "|~%" 12345678901234567890', decline_reason: '9007199254740993', amount_cents: 9_007_199_254_740_993n }),
  paymentOf('nulls', { payment_method: null, risk_score: null }),
];

describe.each<RecordFormat>(['avro', 'json'])('a row published as %s', (format) => {
  const under = new TopicUnderTest(`values-${format}`);
  beforeAll(() => under.topic.ensure());
  afterAll(() => under.remove());

  it('comes back the same at the ends of int64', async () => {
    const published = await under.publish(ROWS, { format });
    const read = await under.read(published);
    for (const row of ROWS) expect(read.find((change) => change.row.payment_id === row.payment_id)).toEqual({ op: 'upsert', row });
    expect(read).toHaveLength(ROWS.length);
  });

  it('keeps its operation', async () => {
    const published = await under.publish(ROWS, { format, op: 'retract', revision: 2 });
    expect((await under.read(published)).map((change) => change.op)).toEqual(['retract', 'retract', 'retract', 'retract']);
  });
});

function recordOf(...parts: readonly Buffer[]): EncodedRecord {
  const bytes = Buffer.concat(parts);
  return { bytes, valueStart: 0, valueLength: bytes.length, headers: {} };
}

describe('the registry’s header', () => {
  it('is three, nought and the sixteen bytes of the version id, as AWS writes it', () => {
    const header = encodeHeader('0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0');
    expect(header.toString('hex')).toBe('0300' + '0f1e2d3c4b5a69788796a5b4c3d2e1f0');
    expect(decodeHeader(Buffer.concat([header, Buffer.from('x')]))).toEqual({
      versionId: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0', payload: Buffer.from('x'),
    });
  });

  it('that is missing is an error that says so', () => {
    expect(() => decodeHeader(Buffer.from('{"payment_id":"p"}'))).toThrow(/does not begin with the schema registry’s header/);
  });
});

describe('a record of another version of the schema', () => {
  const under = new TopicUnderTest('versions');
  const registry = openSchemaRegistry(under.configuration);
  const codec = new RecordCodec(registry);
  afterAll(() => {
    registry.close();
    under.close();
  });

  it('written before a nullable field was there is read with null', async () => {
    const fields = CURATED_AVRO_SCHEMA.fields.filter((field) => field.name !== 'decline_reason');
    const older = new SchemaRegistry(glue(), under.configuration.SLUICE_GLUE_REGISTRY, `${under.topic.name}.older`, { ...CURATED_AVRO_SCHEMA, fields });
    const versionId = await older.versionId();
    older.close();
    // In Avro the field's null is one byte, the index of its branch.
    const whole = encodeCurated('avro', paymentOf('old'));
    const at = encodeCurated('avro', paymentOf('old', { decline_reason: 'x' })).findIndex((byte, i) => byte !== whole[i]);
    const payload = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]);
    const [row] = await codec.rows([recordOf(encodeHeader(versionId), payload)]);
    expect(row).toEqual(paymentOf('old'));
  });

  it('that the registry has forgotten is read only where ours gives back the same bytes', async () => {
    const header = encodeHeader(randomUUID());
    const payload = encodeCurated('avro', ROWS[0]!);
    await expect(codec.rows([recordOf(header, payload)])).resolves.toEqual([ROWS[0]]);
    await expect(codec.rows([recordOf(header, payload, Buffer.from([0]))])).rejects.toMatchObject({ kind: 'data' });
  });

  it('is registered once, however many workers start at once', async () => {
    const workers = Array.from({ length: 4 }, () => openSchemaRegistry(under.configuration));
    const ids = await Promise.all(workers.map((worker) => worker.versionId()));
    for (const worker of workers) worker.close();
    expect(new Set(ids).size).toBe(1);
  });

  it('which could not read the records there are is refused, naming both', async () => {
    const name = `${under.topic.name}.strict`;
    const first = new SchemaRegistry(glue(), under.configuration.SLUICE_GLUE_REGISTRY, name);
    const firstId = await first.versionId();
    first.close();
    const fields = CURATED_AVRO_SCHEMA.fields.map((field) => (field.name === 'amount_cents' ? { name: 'amount_cents', type: 'string' } : field));
    const second = new SchemaRegistry(glue(), under.configuration.SLUICE_GLUE_REGISTRY, name, { ...CURATED_AVRO_SCHEMA, fields });
    const refused = second.versionId();
    await expect(refused).rejects.toMatchObject({ kind: 'configuration', message: expect.stringContaining(firstId) as string });
    await expect(refused).rejects.toThrow(/this version of Sluice .* cannot read version 1/);
    second.close();
  });

  function glue(): GlueClient {
    return new GlueClient({ region: under.configuration.SLUICE_AWS_REGION, endpoint: under.configuration.SLUICE_AWS_ENDPOINT! });
  }
});
