/**
 * publish: the difference from the last loaded revision, as one Kafka transaction that carries the revision as an offset, then
 * read back and summed. Killed before Kafka's commit, nothing was published; killed after it, the next attempt fences, finds
 * the revision published and sends nothing. An attempt that was fenced changes nothing.
 */
import { join } from 'node:path';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import { commitRecordKey } from '../contract/lake-layout';
import type { Commit } from '../contract/run';
import type { PublishInput, PublishResult, RevisionRef } from '../contract/stages';
import { addSums, firstDifferenceOfSums, NO_SUMS, SumsOfRows, type Sums } from '../contract/sums';
import type { DifferenceOutcome, Engine, JobControl } from '../engines/engine';
import type { PaymentsTopic } from '../stores/kafka';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { readCommit } from './committed';
import { DifferenceUnderWay } from './difference-under-way';
import { recordedStage } from './recorded-stage';
import { withWorkFolder } from './work-folder';

export interface PublishParts {
  readonly engine: Engine;
  readonly lake: Lake;
  readonly topic: PaymentsTopic;
  readonly ledger: Pick<Ledger, 'recordStage' | 'revision' | 'markPublished'>;
  readonly workDir: string;
  readonly configuration: Pick<Configuration, 'SLUICE_FORMAT'>;
}

interface Revisions {
  readonly now: Commit;
  readonly base: Commit | null;
}

export function createPublish(parts: PublishParts) {
  const { ledger, topic, workDir } = parts;
  return recordedStage('publish', ledger, (input: PublishInput, control: JobControl): Promise<PublishResult> =>
    withWorkFolder(workDir, async (folder) => {
      control.progress({ step: 'fencing the hour’s producer' });
      const fence = await topic.fence(input.landingHour);
      try {
        // After the fence: an undo that was first has left its mark by now, and one that comes later fences us.
        const revisions = await revisionsOf(parts, input);
        const { valueHeader, schema } = await topic.codec.writing(parts.configuration.SLUICE_FORMAT);
        const spool = join(folder, 'spool');
        const difference = await DifferenceUnderWay.start(parts, {
          ...input, ...revisions, folder, spool, format: parts.configuration.SLUICE_FORMAT, valueHeader: valueHeader.toString('base64'),
        }, control);
        const found = fence.published?.revision === input.revision;
        const published = await fence.publish({
          revision: input.revision, spool, records: difference.records, schema, signal: control.signal,
          progress: (count) => control.progress({ step: `publishing, ${count} so far`, lines: count }),
        }).catch(async (error: unknown) => {
          throw await difference.end() ?? takenOver(error);
        });
        const taken = await difference.outcome;
        await ledger.markPublished(input);

        const read = await readBack(topic, input, published.ranges, control);
        checkRead(input, taken, read);
        return {
          topic: topic.name,
          published: published.records,
          upserted: taken.upserted,
          retracted: taken.retracted,
          new: taken.new,
          base: taken.base,
          unchanged: taken.unchanged,
          ranges: published.ranges,
          upsertsRead: read.upserts,
          retractsRead: read.retracts,
          found,
        };
      } finally {
        await fence.close();
      }
    }));
}

/**
 * Fenced in the middle, an attempt cannot know whether it is the zombie or a zombie has woken up. Nothing was published by it; tried
 * again, it finds what the other published or publishes itself, and a revision that is over is refused then.
 */
function takenOver(error: unknown): unknown {
  if (!(error instanceof SluiceError) || error.kind !== 'fenced') return error;
  return new SluiceError({ kind: 'transient', what: error.what, ...(error.on === undefined ? {} : { on: error.on }), fix: 'It is tried again by itself', cause: error });
}

/** What is committed now and what was loaded last: both fixed when the revision was opened, so every attempt takes the same difference. */
async function revisionsOf({ lake, ledger }: PublishParts, ref: PublishInput): Promise<Revisions> {
  const opened = await ledger.revision(ref.landingHour, ref.revision);
  const current = await readCommit(lake, ref.landingHour);
  const over = opened === null || opened.state === 'superseded' || opened.state === 'rolled_back';
  if (over || current?.commit.revision !== ref.revision) {
    throw new SluiceError({
      kind: 'fenced',
      what: over ? `the revision is ${opened?.state.replace('_', ' ') ?? 'not in the ledger'}` : `the lake shows revision ${current?.commit.revision ?? 0}`,
      on: `${ref.landingHour} r${ref.revision}`,
      fix: 'A newer run has the hour; this one changes nothing',
    });
  }
  return { now: current.commit, base: opened.baseRevision === null ? null : await baseCommit(lake, ref, opened.baseRevision) };
}

async function baseCommit(lake: Lake, { landingHour, publish }: PublishInput, base: number): Promise<Commit | null> {
  const record = await lake.readText(commitRecordKey(landingHour, base));
  if (record !== null) return JSON.parse(record.text) as Commit;
  // Every row is published, so that the difference is only asked for what is gone: without the base, nobody knows.
  if (publish === 'all') return null;
  throw new SluiceError({
    kind: 'data',
    what: `the record of what revision ${base} committed is gone, so the difference from it cannot be taken`,
    on: commitRecordKey(landingHour, base),
    fix: 'Restore the object: everything under runs/ is kept for ever',
  });
}

interface ReadBack {
  readonly upserts: Sums;
  readonly retracts: number;
}

async function readBack(topic: PaymentsTopic, ref: RevisionRef, ranges: PublishResult['ranges'], control: JobControl): Promise<ReadBack> {
  const upserts = new SumsOfRows();
  let retracts = 0;
  let read = 0;
  control.progress({ step: 'reading back' });
  for await (const counted of topic.sumRun({ landingHour: ref.landingHour, revision: ref.revision, ranges, signal: control.signal }, upserts)) {
    retracts += counted.retracts;
    read += counted.records;
    control.progress({ step: `reading back, ${read} so far`, lines: read });
  }
  return { upserts: upserts.result(), retracts };
}

/** Sooner here than in the proof: what does not read back right must not be loaded. */
function checkRead(ref: RevisionRef, difference: DifferenceOutcome, read: ReadBack): void {
  const problem = firstDifferenceOfSums('sent', addSums(difference.upserts, NO_SUMS), 'read back', read.upserts)
    ?? (difference.retracted === read.retracts ? null : `retractions: sent ${difference.retracted}, read back ${read.retracts}`);
  if (problem === null) return;
  throw new SluiceError({
    kind: 'data',
    what: `the topic does not give back what was published: ${problem}`,
    on: `${ref.landingHour} r${ref.revision}`,
    fix: 'Nothing was loaded. Look for another writer to the topic, then run the hour with `--publish all`',
  });
}
