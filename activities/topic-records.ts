/** The records of a day's hours in the topic: each told apart as what its revision published, as history, or as a stranger's. */
import { comparedRow, judged, type Judgement } from '../contract/compared-rows';
import { UNREADABLE, unreadableRow, type KeptRecord } from '../contract/differing-records';
import { hourStart, isLandingHour, type LandingHour } from '../contract/landing-hour';
import type { ChangeOp, CuratedPayment } from '../contract/payment';
import { bucketOf } from '../contract/reconciliation';
import type { PublishResult } from '../contract/stages';
import type { PaymentsTopic } from '../stores/kafka';
import type { CommittedRecord, Span } from '../stores/kafka-reader';
import type { LedgerPublication } from '../stores/ledger-publications';
import { opOf, runName, type Headers } from '../stores/run-headers';

/** Of an hour: every publication that the ledger knows, and from which on its records count. */
export interface PublishedHour {
  readonly landingHour: LandingHour;
  readonly publications: ReadonlyMap<number, PublishResult>;
  /** the last one that published everything */
  readonly since: number;
  /** may have been published though nobody came to note where */
  readonly unnoted: ReadonlySet<number>;
}

/** What a sum needs of a record. Most are only counted: what names a single one is made when it is asked for. */
export interface ReadRecord {
  readonly hour: PublishedHour;
  readonly revision: number;
  readonly op: ChangeOp;
  /** it lies where its revision published; any other is a stranger's */
  readonly known: boolean;
  readonly bucket: number;
  /** null where it cannot be read */
  readonly read: ReadRow | null;
  kept(): KeptRecord;
}

/** `flaws`: also of what its run and its key say. */
export interface ReadRow extends Judgement {
  readonly row: CuratedPayment;
}

/** What the headers say, which a run's records share. */
interface Marks {
  readonly hour: PublishedHour;
  readonly revision: number;
  readonly op: ChangeOp;
  readonly isRun: boolean;
  /** in microseconds */
  readonly hourStart: bigint;
  /** by partition: where its run published, and from where on the hour's records count */
  readonly places: Map<number, Place>;
}

interface Place {
  readonly from: bigint;
  /** exclusive; `from` where the run published nothing there */
  readonly to: bigint;
  readonly start: bigint;
}

export function publishedHour(landingHour: LandingHour, publications: readonly LedgerPublication[]): PublishedHour | string {
  const loaded = publications.filter((publication) => publication.loaded);
  const last = loaded.at(-1);
  if (publications.some(({ revision, state }) => revision > (last?.revision ?? 0) && ['open', 'committed', 'published'].includes(state))) {
    return `revision ${publications.at(-1)!.revision} is under way or was not finished`;
  }
  if (last === undefined) return noPublication(landingHour);
  const since = loaded.findLast(({ whole }) => whole);
  const unknown = loaded.find(({ revision, result }) => revision >= (since?.revision ?? 0) && result === null);
  if (since === undefined || unknown !== undefined) return `the ledger does not know what revision ${unknown?.revision ?? 1} published`;
  return {
    landingHour,
    publications: new Map(publications.flatMap(({ revision, result }) => (result === null ? [] : [[revision, result] as const]))),
    since: since.revision,
    unnoted: new Set(publications.filter(({ committed, result, state }) => committed && result === null && state === 'superseded').map(({ revision }) => revision)),
  };
}

/** Nothing of it was ever published: every record of it is a stranger's. */
function noPublication(landingHour: LandingHour): PublishedHour {
  return { landingHour, publications: new Map(), since: 0, unnoted: new Set() };
}

/** From where in a partition the hour's records count. */
export function startOf(hour: PublishedHour, partition: number): bigint | null {
  const range = hour.publications.get(hour.since)?.ranges.find((place) => place.partition === partition);
  return range === undefined ? null : BigInt(range.from);
}

/** Those of the hours, history left out. */
export async function* recordsOfHours(
  topic: PaymentsTopic, hours: readonly PublishedHour[], spans: readonly Span[], signal: AbortSignal,
): AsyncGenerator<readonly ReadRecord[]> {
  const byName = new Map(hours.map((hour) => [hour.landingHour, hour]));
  const known = new WeakMap<Headers, Marks | 'not ours'>();
  const marksOf = (headers: Headers): Marks | 'not ours' => {
    const before = known.get(headers);
    if (before !== undefined) return before;
    const marks = marked(headers, byName);
    known.set(headers, marks);
    return marks;
  };
  for await (const records of topic.committed(spans, signal)) {
    const ours = records.flatMap((record) => {
      const marks = marksOf(record.headers);
      if (marks === 'not ours') return [];
      const place = placeOf(marks, record);
      return place === 'history' ? [] : [{ marks, record, known: place === 'known' }];
    });
    if (ours.length === 0) continue;
    const rows = await readable(topic, ours.map(({ record }) => record));
    yield ours.map(({ marks, record, known: isKnown }, i) => readRecord(record, rows[i]!, marks, isKnown));
  }
}

function marked(headers: Headers, hours: ReadonlyMap<string, PublishedHour>): Marks | 'not ours' {
  const name = headers['landing-hour']?.toString();
  const hour = isLandingHour(name) ? hours.get(name) : undefined;
  if (hour === undefined) return 'not ours';
  const revision = Number(headers.revision?.toString() ?? '0');
  return {
    hour, revision, op: opOf(headers), isRun: headers.run?.toString() === runName(hour.landingHour, revision),
    hourStart: BigInt(hourStart(hour.landingHour).getTime()) * 1000n, places: new Map(),
  };
}

function placeOf(marks: Marks, { partition, offset }: CommittedRecord): 'known' | 'history' | 'stranger' {
  const { hour, revision } = marks;
  const { from, to, start } = placeIn(marks, partition);
  if (offset >= from && offset < to) return revision >= hour.since ? 'known' : 'history';
  if (offset < start) return 'history';
  return marks.isRun && hour.unnoted.has(revision) ? 'known' : 'stranger';
}

function placeIn({ hour, revision, isRun, places }: Marks, partition: number): Place {
  const before = places.get(partition);
  if (before !== undefined) return before;
  const range = isRun ? hour.publications.get(revision)?.ranges.find((place) => place.partition === partition) : undefined;
  const place = { from: BigInt(range?.from ?? 0), to: BigInt(range?.to ?? 0), start: startOf(hour, partition) ?? 0n };
  places.set(partition, place);
  return place;
}

/** A stranger's value may be anything: one that cannot be read must not hide the others. */
async function readable(topic: PaymentsTopic, records: readonly CommittedRecord[]): Promise<readonly (CuratedPayment | null)[]> {
  try {
    return await topic.codec.rows(records);
  } catch {
    const rows: (CuratedPayment | null)[] = [];
    for (const record of records) rows.push(await topic.codec.rows([record]).then(([row]) => row!, () => null));
    return rows;
  }
}

function readRecord(record: CommittedRecord, row: CuratedPayment | null, marks: Marks, known: boolean): ReadRecord {
  const { hour, revision, op } = marks;
  const paymentId = record.key?.toString() ?? row?.payment_id ?? '';
  const bucket = bucketOf(paymentId);
  const read = row === null ? null : readRow(row, paymentId, marks);
  return {
    hour, revision, op, known, bucket, read,
    kept: () => ({
      where: `${record.partition}@${record.offset}`, op, revision, known, bucket,
      ...(read === null
        ? { row: unreadableRow(paymentId), flaws: UNREADABLE }
        : { row: { ...comparedRow(read.row, read), paymentId }, flaws: read.flaws }),
    }),
  };
}

/** JSON of a stranger may lack any field. */
function readRow(row: CuratedPayment, paymentId: string, { revision, op, hourStart: start }: Marks): ReadRow | null {
  const judgement = judgedOrNull(row);
  if (judgement === null) return null;
  const flaws = [judgement.flaws];
  if (row.landing_hour !== start) flaws.push('landing_hour');
  // A retraction carries the row that is gone, as its own revision wrote it.
  if (op !== 'retract' && row.curated_version !== revision) flaws.push('curated_version');
  if (row.payment_id !== paymentId) flaws.push('key');
  return { ...judgement, row, flaws: flaws.filter((flaw) => flaw !== '').join(',') };
}

function judgedOrNull(row: CuratedPayment): Judgement | null {
  // Part of a cent, say: no sum and no sentence has a place for it.
  if (typeof row.amount_cents !== 'bigint') return null;
  try {
    return judged(row);
  } catch {
    return null;
  }
}
