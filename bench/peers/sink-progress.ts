/** Whether a sink has written all of a topic: it keeps a partition's order, so who has written the last record of each has written every one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readSql } from '../../sql/read-sql';
import type { PaymentsTopic } from '../../stores/kafka';
import type { Postgres } from '../../stores/postgres';
import type { Connector } from './kafka-connect';

const LOOK_EVERY_MS = 50;

/** Of the records at these offsets, one of each partition. */
export async function keysAt(topic: PaymentsTopic, places: readonly { readonly partition: number; readonly offset: bigint }[]): Promise<readonly string[]> {
  const keys: string[] = [];
  const spans = places.map(({ partition, offset }) => ({ partition, from: offset, to: offset + 1n }));
  for await (const records of topic.committed(spans, new AbortController().signal)) keys.push(...records.map(({ key }) => key!.toString()));
  return keys;
}

/** What is written from now on: a row that is written again as it was counts too. */
export async function nextTransaction(owner: Postgres): Promise<bigint> {
  const [next] = await owner.rows<{ id: bigint }>(readSql('bench/next-transaction.sql'));
  return next!.id;
}

/** Looked at by primary key, so that it costs the sink nothing. `any`: until one of them is. */
export async function untilWritten(owner: Postgres, connector: Connector, keys: readonly string[], since: bigint, which: 'all' | 'any' = 'all'): Promise<void> {
  for (;;) {
    const [written] = await owner.rows<{ rows: bigint }>(readSql('bench/written-since.sql'), [keys, since]);
    if (written!.rows >= BigInt(which === 'any' ? 1 : keys.length)) return;
    await connector.check();
    await sleep(LOOK_EVERY_MS);
  }
}
