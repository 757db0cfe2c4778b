/**
 * The way of a payment's versions: the raw lines, the run, the Parquet files, the record in the topic. Looked up when somebody asks, in
 * the stores themselves: nothing of it is kept beside a row. Reads the hour's raw objects once, and the record's range of its partition.
 */
import type { LandingHour } from '../contract/landing-hour';
import type { Manifest } from '../contract/run';
import type { PublishResult } from '../contract/stages';
import { partitionOf } from '../stores/kafka-partitioner';
import type { PaymentsTopic } from '../stores/kafka';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { placesOfPayment, type RawPlace } from '../stores/raw-lines';
import { commitOf } from './lake-rows';

export interface PaymentWayParts {
  readonly lake: Lake;
  readonly ledger: Pick<Ledger, 'revision' | 'stageResult' | 'publications'>;
  readonly topic: Pick<PaymentsTopic, 'name' | 'bounds' | 'committed'>;
}

export interface WayOf {
  readonly landingHour: LandingHour;
  readonly paymentId: string;
  readonly dt: string;
  readonly merchantId: string;
  /** what hour_payments hold of the hour */
  readonly revision: number;
}

export interface TopicPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly op: string;
  /** of the run that published it */
  readonly revision: number;
}

export interface PaymentWay {
  readonly raw: readonly RawPlace[];
  /** objects that are gone or could not be read to their end */
  readonly rawUnread: readonly string[];
  readonly run: { readonly workflowId: string; readonly workflowRunId: string; readonly kind: string; readonly by: string; readonly processedAt: string } | null;
  /** of the payment's day and merchant: it is in one of them */
  readonly files: readonly string[];
  readonly records: readonly TopicPlace[];
  /** the topic has been cut since, or the range is another topic's */
  readonly recordsGone: boolean;
}

export async function wayOf({ lake, ledger, topic }: PaymentWayParts, of: WayOf, signal: AbortSignal): Promise<PaymentWay> {
  const recorded = await ledger.revision(of.landingHour, of.revision);
  const kept = recorded === null ? null : await lake.readText(recorded.manifestKey);
  const manifest = kept === null ? null : JSON.parse(kept.text) as Manifest;
  const { places, unread } = manifest === null ? { places: [], unread: [] } : await placesOfPayment(lake, manifest.objects, of.paymentId, signal);
  const commit = await commitOf(lake, of);
  return {
    raw: places,
    rawUnread: unread,
    run: recorded === null ? null : {
      workflowId: recorded.workflowId, workflowRunId: recorded.workflowRunId, kind: recorded.kind, by: recorded.by, processedAt: recorded.processedAt,
    },
    files: (commit?.files ?? []).filter(({ dt, merchantId }) => dt === of.dt && merchantId === of.merchantId).map(({ key }) => key),
    ...await recordsOf(topic, ledger, of, signal),
  };
}

/** A row that did not change is in an older revision's range: the newest one that has it is where it came from. */
async function recordsOf(topic: PaymentWayParts['topic'], ledger: PaymentWayParts['ledger'], of: WayOf, signal: AbortSignal): Promise<Pick<PaymentWay, 'records' | 'recordsGone'>> {
  const key = Buffer.from(of.paymentId);
  const bounds = await topic.bounds(signal);
  const partition = partitionOf(key, bounds.length);
  const { first, stable } = bounds.find((bound) => bound.partition === partition)!;
  for (let revision = of.revision; revision > 0; revision -= 1) {
    const published = await ledger.stageResult<PublishResult>({ landingHour: of.landingHour, revision }, 'publish');
    const range = published?.ranges.find((one) => one.partition === partition);
    if (published === null || range === undefined) continue;
    const [from, to] = [BigInt(range.from), BigInt(range.to)];
    if (published.topic !== topic.name || from < first || to > stable) return { records: [], recordsGone: true };
    const records: TopicPlace[] = [];
    for await (const batch of topic.committed([{ partition, from, to }], signal)) {
      for (const { key: found, offset, headers } of batch) {
        if (found === null || !found.equals(key) || String(headers['landing-hour']) !== of.landingHour) continue;
        records.push({ topic: topic.name, partition, offset, op: String(headers.op), revision: Number(String(headers.revision)) });
      }
    }
    if (records.length > 0) return { records, recordsGone: false };
  }
  return { records: [], recordsGone: false };
}
