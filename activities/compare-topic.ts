/**
 * compareTopic: the day's hours as a read-committed consumer has them, since the last publication of everything, against what was
 * published. One pass over the partitions for the sums; a second one only for hours that differ. Records that no revision published are
 * a stranger's. Writes the differences' objects and nothing else; killed anywhere, a second run does it again.
 */
import { join } from 'node:path';
import type { Configuration } from '../contract/configuration';
import { differencesOfRecords } from '../contract/differing-records';
import type { LandingHour } from '../contract/landing-hour';
import { BUCKETS, type CompareInput, type ComparedRow, type Difference, type HourDifference, type StoreComparison } from '../contract/reconciliation';
import type { JobControl } from '../engines/engine';
import type { PaymentsComparison } from '../stores/compared-payments';
import type { Extent, PaymentsTopic } from '../stores/kafka';
import type { Span } from '../stores/kafka-reader';
import type { LedgerPublication } from '../stores/ledger-publications';
import { NO_REFERENCE } from './compare-hour-payments';
import { Differences } from './differences';
import { withHeartbeat } from './heartbeat';
import type { HourStore } from './hour-store';
import { ListedDays } from './lake-hour';
import { provenHours, type NotCompared, type ProvenHour } from './proven-hour';
import { RecordSpool } from './record-spool';
import { referenceHour, type ReferenceParts } from './reference-hour';
import { publishedHour, recordsOfHours, startOf, type PublishedHour } from './topic-records';
import { TopicSums } from './topic-sums';
import { withWorkFolder } from './work-folder';

export interface CompareTopicParts extends ReferenceParts {
  readonly comparison: PaymentsComparison;
  readonly topic: PaymentsTopic;
  readonly workDir: string;
  readonly configuration: Pick<Configuration, 'SLUICE_KAFKA_RETENTION_HOURS' | 'SLUICE_ERASURE_KEY'>;
}

const STORE = 'topic';
const HOUR_MS = 3_600_000;

/** An hour whose records differ, with what they are to be held against. */
interface DifferingHour {
  readonly proven: ProvenHour;
  readonly published: PublishedHour;
  readonly reference: HourStore;
  readonly buckets: readonly number[];
}

export function createCompareTopic(parts: CompareTopicParts) {
  return async function compareTopic(input: CompareInput): Promise<StoreComparison> {
    const startedAt = performance.now();
    return withHeartbeat((control) => withWorkFolder(parts.workDir, async (folder) => {
      const known = await provenHours(parts, input.hours);
      const publications = await parts.ledger.publications(known.proven.map(({ landingHour }) => landingHour));
      const extent = await parts.topic.extent(control.signal);
      const { hours: published, notCompared } = comparable(parts, known.proven, publications, extent);
      notCompared.unshift(...known.notCompared);
      const sums = await summed(parts.topic, published, extent, control);
      const differences = new Differences(parts.lake, input, folder);
      const hours: HourDifference[] = [];
      let descended = 0;
      const provenOf = new Map(known.proven.map((hour) => [hour.landingHour, hour]));
      await parts.comparison.read(async (payments) => {
        const differing: DifferingHour[] = [];
        const listed = new ListedDays(parts.lake);
        for (const of of published) {
          const found = sums.get(of.landingHour)!;
          const proven = provenOf.get(of.landingHour)!;
          if (found.isRight) {
            await differences.write({ store: STORE, landingHour: of.landingHour, revision: proven.revision }, []);
            continue;
          }
          const reference = await referenceHour({ parts, payments, listed, folder, control }, proven);
          if (reference === null) {
            notCompared.push({ landingHour: of.landingHour, why: NO_REFERENCE });
            continue;
          }
          const buckets = [...(found.differing(reference.held.buckets) ?? ALL_BUCKETS)].sort((a, b) => a - b);
          descended += buckets.length;
          differing.push({ proven, published: of, reference, buckets });
        }
        const spool = await spooled(parts.topic, differing, extent, join(folder, 'records'), control);
        for (const hour of differing) {
          const { landingHour, revision } = hour.proven;
          control.progress({ step: `naming what differs in ${landingHour}` });
          const found = await differences.write({ store: STORE, landingHour, revision }, differencesInTopic(hour, spool));
          if (found !== null) hours.push(found);
        }
      }, control.signal);
      const moved = await movedSince(parts, publications, hours);
      for (const landingHour of moved) {
        await differences.write({ store: STORE, landingHour, revision: 0 }, []);
        notCompared.push({ landingHour, why: 'it was run again while it was compared; compare it again' });
      }
      return {
        store: STORE,
        rows: [...sums.values()].reduce((count, { rows }) => count + rows, 0),
        bucketsCompared: published.length * BUCKETS,
        bucketsDescended: descended,
        seconds: (performance.now() - startedAt) / 1000,
        hours: hours.filter(({ landingHour }) => !moved.includes(landingHour)),
        notCompared,
      };
    }));
  };
}

const ALL_BUCKETS: readonly number[] = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

function comparable(
  { configuration }: CompareTopicParts, proven: readonly ProvenHour[], publications: readonly LedgerPublication[], extent: readonly Extent[],
): { readonly hours: readonly PublishedHour[]; readonly notCompared: NotCompared[] } {
  const hours: PublishedHour[] = [];
  const notCompared: NotCompared[] = [];
  const first = new Map(extent.map((bounds) => [bounds.partition, bounds.first]));
  for (const { landingHour, revision } of proven) {
    const ofHour = publications.filter((publication) => publication.landingHour === landingHour);
    const hour = publishedHour(landingHour, ofHour);
    if (typeof hour === 'string') {
      notCompared.push({ landingHour, why: hour });
      continue;
    }
    const loaded = ofHour.findLast((publication) => publication.loaded)?.revision ?? 0;
    if (loaded !== revision) {
      notCompared.push({ landingHour, why: `revision ${loaded} was loaded since the day was looked at; compare it again` });
      continue;
    }
    const old = ofHour.find((publication) => publication.revision >= hour.since && publication.publishedAt !== null
      && Date.parse(publication.publishedAt) < Date.now() - configuration.SLUICE_KAFKA_RETENTION_HOURS * HOUR_MS
      && publication.result?.ranges.some(({ partition, from, to }) => BigInt(from) < BigInt(to) && BigInt(from) < (first.get(partition) ?? 0n)) === true);
    // What was published within the retention and is cut all the same is missing, not old.
    if (old === undefined) hours.push(hour);
    else notCompared.push({ landingHour, why: `the topic no longer holds what revision ${old.revision} published at ${old.publishedAt}: it is past the topic’s retention` });
  }
  return { hours, notCompared };
}

async function summed(
  topic: PaymentsTopic, hours: readonly PublishedHour[], extent: readonly Extent[], control: JobControl,
): Promise<ReadonlyMap<LandingHour, TopicSums>> {
  const sums = new Map(hours.map((hour) => [hour.landingHour, new TopicSums(hour)]));
  let read = 0;
  for await (const records of recordsOfHours(topic, hours, spansOf(hours, extent), control.signal)) {
    for (const record of records) sums.get(record.hour.landingHour)!.add(record);
    read += records.length;
    control.progress({ step: 'summing the topic', lines: read });
  }
  return sums;
}

/** Each partition once, from where the first of the hours begins to count to where it ends now. */
function spansOf(hours: readonly PublishedHour[], extent: readonly Extent[]): readonly Span[] {
  if (hours.length === 0) return [];
  return extent.map(({ partition, first, stable, end }) => {
    const starts = hours.flatMap((hour) => startOf(hour, partition) ?? []);
    const published = hours.flatMap((hour) => [...hour.publications.values()].flatMap(({ ranges }) => ranges.filter((range) => range.partition === partition).map(({ to }) => BigInt(to))));
    // What an open transaction hides is waited for where it is ours, and nowhere else. A topic that ends before is short of it.
    const to = least(greatest([stable, ...published]), end);
    const from = starts.length === 0 ? first : greatest([first, starts.reduce(least)]);
    return { partition, from: least(from, to), to };
  });
}

async function spooled(topic: PaymentsTopic, hours: readonly DifferingHour[], extent: readonly Extent[], folder: string, control: JobControl): Promise<RecordSpool> {
  const spool = new RecordSpool(folder);
  const wanted = new Map(hours.map((hour) => [hour.published.landingHour, new Set(hour.buckets)]));
  const published = hours.map((hour) => hour.published);
  for await (const records of recordsOfHours(topic, published, spansOf(published, extent), control.signal)) {
    for (const record of records) {
      const { landingHour } = record.hour;
      if (wanted.get(landingHour)!.has(record.bucket)) await spool.add(landingHour, record.kept());
    }
    control.progress({ step: 'reading what differs in the topic' });
  }
  await spool.flush();
  return spool;
}

async function* differencesInTopic({ proven: { landingHour }, reference, buckets }: DifferingHour, spool: RecordSpool): AsyncGenerator<Difference> {
  const judge = async (bucket: number, expected: readonly ComparedRow[]): Promise<readonly Difference[]> =>
    differencesOfRecords({ store: STORE, landingHour }, expected, await spool.take(landingHour, bucket));
  const left = [...buckets];
  let expected: ComparedRow[] = [];
  for await (const { bucket, row } of reference.rows(buckets)) {
    while (left[0] !== undefined && left[0] < bucket) {
      yield* await judge(left.shift()!, expected);
      expected = [];
    }
    expected.push(row);
  }
  for (const bucket of left) {
    yield* await judge(bucket, expected);
    expected = [];
  }
}

/** Hours that differ and have another history by now. */
async function movedSince({ ledger }: CompareTopicParts, before: readonly LedgerPublication[], hours: readonly HourDifference[]): Promise<readonly LandingHour[]> {
  const names = hours.map(({ landingHour }) => landingHour);
  const now = await ledger.publications(names);
  const historyOf = (publications: readonly LedgerPublication[], hour: LandingHour): string =>
    publications.filter(({ landingHour }) => landingHour === hour).map(({ revision, loaded }) => `${revision} ${loaded}`).join();
  return names.filter((hour) => historyOf(before, hour) !== historyOf(now, hour));
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function greatest(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b));
}
