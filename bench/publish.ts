/** `npm run bench -- publish [records] [json|avro]`: one run through the broker of the environment, produced and read back. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { readConfiguration } from '../contract/configuration';
import { encodeCurated, type RecordFormat } from '../contract/curated-record';
import { landingHourOf } from '../contract/landing-hour';
import type { CuratedPayment } from '../contract/payment';
import { encodeFrame } from '../contract/record-frame';
import { SumsOfRows } from '../contract/sums';
import { openTopic } from '../stores/kafka';
import { openSchemaRegistry } from '../stores/schema-registry';

function paymentOf(n: number): CuratedPayment {
  const created = 1_763_629_200_000_000n + BigInt(n);
  return {
    payment_id: `pay_${n.toString().padStart(12, '0')}`, merchant_id: `m_${n % 500}`, user_id: `u_${n % 90_000}`,
    amount_cents: BigInt(n % 1_000_000), currency: 'EUR', status: 'APPROVED', payment_method: 'card', risk_score: 0.25,
    authorized_at: created, completed_at: created + 1_000_000n, created_at: created, source_system: 'checkout', decline_reason: null,
    dt: '2025-11-20', hour: 9, authorized_to_complete_ms: 1000n, is_approved: true, is_refunded: false,
    processed_at: created, curated_version: 1, landing_hour: 1_763_629_200_000_000n, row_hash: BigInt(n) * 1_000_003n,
  };
}

async function writeSpool(path: string, records: number, format: RecordFormat, header: Buffer): Promise<number> {
  const out = createWriteStream(path, { highWaterMark: 1 << 20 });
  let bytes = 0;
  for (let n = 0; n < records; n += 1) {
    const row = paymentOf(n);
    const value = Buffer.concat([header, encodeCurated(format, row)]);
    bytes += value.length;
    if (!out.write(encodeFrame({ op: 'upsert', key: Buffer.from(row.payment_id), value }))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return bytes;
}

async function main(): Promise<void> {
  const records = Number(process.argv[2] ?? 200_000);
  const format: RecordFormat = process.argv[3] === 'json' ? 'json' : 'avro';
  const configuration = { ...readConfiguration(process.env), SLUICE_KAFKA_TOPIC: `bench.publish.${Date.now()}` };
  const registry = openSchemaRegistry(configuration);
  const topic = openTopic(configuration, registry, () => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  // The processor's time beside the clock's: on a busy machine only the first says what a record costs.
  const measured = async <T>(step: string, body: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const usedBefore = process.cpuUsage();
    const result = await body();
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(usedBefore);
    process.stdout.write(`${step}: ${seconds.toFixed(2)} s, ${Math.round(records / seconds)} records/s, ${((user + system) / records).toFixed(1)} µs of processor a record\n`);
    return result;
  };
  try {
    await topic.ensure();
    const { valueHeader, schema } = await topic.codec.writing(format);
    const spool = join(folder, 'spool');
    const bytes = await writeSpool(spool, records, format, valueHeader);
    process.stdout.write(`${records} records, ${format}, ${Math.round(bytes / records)} bytes a value\n`);
    const landingHour = landingHourOf(new Date());
    const { signal } = new AbortController();
    const fence = await topic.fence(landingHour);
    const published = await measured('published', () => fence.publish({ revision: 1, spool, records, schema, signal, progress: () => undefined }));
    await fence.close();
    const sums = new SumsOfRows();
    await measured('read back', async () => {
      for await (const changes of topic.readRun({ landingHour, revision: 1, ranges: published.ranges, signal })) {
        for (const { row } of changes) sums.add(row);
      }
    });
    if (sums.result().rows !== records) throw new Error(`${records} records sent, ${sums.result().rows} read back`);
    process.stdout.write(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
    registry.close();
  }
}

void main();
