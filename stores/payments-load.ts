/** The load of a revision: one transaction from the run's records to the ledger's note, or nothing at all. */
import { SluiceError } from '../contract/errors';
import { hourStart } from '../contract/landing-hour';
import type { PublishMode } from '../contract/run';
import type { LoadInput, LoadResult } from '../contract/stages';
import { readSql } from '../sql/read-sql';
import { fenced, type RevisionState } from './ledger-revisions';
import { recordStageIn } from './ledger-runs';
import { takeArrived } from './payments-arrived';
import { bringBack, type RowsOfHour } from './payments-comebacks';
import type { CopiedChanges } from './payments-copy';
import { changeInHour, removeLeftOver, replaceInHour, rowsOfHour } from './payments-of-hour';
import { beyondAllKnown } from './payments-straight';
import { decideWinners, KEY_LOCKS, type WinnerCounts } from './payments-winners';
import type { Postgres, Session } from './postgres';
import { readAhead } from './read-ahead';
import type { SentChange } from './record-codec';

export interface LoadJob {
  readonly input: LoadInput;
  /** the run's records, each key once; asked for only where the revision is to be loaded */
  readonly records: () => AsyncIterable<readonly SentChange[]>;
  /** whole rows of another hour's loaded revision, from the lake */
  readonly rowsOfHour: RowsOfHour;
  readonly attempt: number;
  readonly worker: string;
  readonly signal: AbortSignal;
  readonly progress: (step: string, records?: number) => void;
}

export async function loadRevision(loader: Postgres, job: LoadJob): Promise<LoadResult> {
  const startedAt = new Date();
  return loader.transaction(async (session) => {
    await session.run(readSql('load/session.sql'));
    const { input } = job;
    const hour = hourStart(input.landingHour);
    const admitted = await admit(session, input);
    if (admitted.loaded !== null) return { ...admitted.loaded, found: true };

    const whole = admitted.publishMode === 'all';
    const isFirst = !whole && input.publish.base === 0;
    const beyond = isFirst ? await beyondAllKnown(session, hour, input.publish.upserted, job.progress) : null;
    job.progress('reading the run');
    const copied = await takeRecords(session, job, beyond);
    const counts = await merge(session, job, copied, whole);

    const result: LoadResult = { ...counts, retracted: input.publish.retracted, found: false };
    await session.run(readSql('load/mark-loaded.sql'), [hour, input.revision]);
    await recordStageIn(session, {
      landingHour: input.landingHour, revision: input.revision, stage: 'load', attempt: job.attempt, worker: job.worker,
      startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000, result,
    });
    return result;
  }, job.signal);
}

/** Of what has arrived, what is to be decided yet; the hour's rows are held against what the run said of them. */
async function merge(
  session: Session, job: LoadJob, { straight, inHour, upserts, retractions, parts }: CopiedChanges, whole: boolean,
): Promise<WinnerCounts> {
  const { input } = job;
  const hour = hourStart(input.landingHour);
  if (straight > 0 && upserts + retractions === 0) {
    checkHourRows(BigInt(inHour), input);
    return { won: straight, updated: 0, stale: 0, alreadyThere: 0, broughtBack: 0 };
  }
  const arrived = { hour, whole, upserts, changes: input.publish.upserted - input.publish.new, parts };
  job.progress('waiting for other loads');
  await session.rows(readSql('load/lock-keys.sql'), [KEY_LOCKS, hour, whole]);
  await session.run(readSql('load/analyze-misjudged.sql'));

  job.progress('replacing the hour’s payments');
  const removed = await session.run(readSql('load/remove-from-hour.sql'), [hour]);
  // Where every row that the run speaks of was there, the hour has as many as before. Whether these were all of it, the proof looks at every time.
  if (!(await changeInHour(session, arrived) && removed === retractions)) {
    const known = await replaceInHour(session, arrived);
    checkHourRows(await (whole ? removeLeftOver(session, arrived, known) : known ?? rowsOfHour(session, hour)), input);
  }

  const counts = await decideWinners(session, arrived, job.progress);
  if (counts.broughtBack > 0) {
    job.progress('bringing rows back from the lake');
    await bringBack(session, job);
  }
  return { ...counts, won: counts.won + straight };
}

interface RevisionToLoad {
  readonly state: RevisionState;
  readonly base_revision: number | null;
  readonly publish_mode: PublishMode;
  readonly loaded_revision: number | null;
}

/** Whether the revision may be loaded; the result of a former attempt where it was already. */
async function admit(session: Session, input: LoadInput): Promise<{ readonly loaded: LoadResult | null; readonly publishMode: PublishMode }> {
  const key = [hourStart(input.landingHour), input.revision];
  const [row] = await session.rows<RevisionToLoad>(readSql('load/lock-revision.sql'), key);
  if (row === undefined) throw fenced('load', input, undefined);
  if (row.loaded_revision === input.revision) {
    const [former] = await session.rows<{ result: LoadResult }>(readSql('load/former-result.sql'), key);
    return { loaded: former!.result, publishMode: row.publish_mode };
  }
  // `open` too would mean that nothing of it is committed: whoever asks is not the run that it says it is.
  if (row.state !== 'committed' && row.state !== 'published') throw fenced('load', input, row.state);
  if (row.loaded_revision !== row.base_revision) throw otherBase(input, row);
  return { loaded: null, publishMode: row.publish_mode };
}

/** The topic is read while the session is busy. */
async function takeRecords(session: Session, job: LoadJob, beyond: Buffer | null): Promise<CopiedChanges> {
  const records = readAhead(job.records());
  try {
    const hour = hourStart(job.input.landingHour);
    const copied = await takeArrived(session, hour, records, { signal: job.signal, counted: (count) => job.progress('reading the run', count) }, beyond);
    checkRead(job.input, copied);
    return copied;
  } finally {
    records.destroy();
  }
}

function checkRead(input: LoadInput, copied: CopiedChanges): void {
  const { landingHour, revision, publish: { upserted, retracted } } = input;
  if (copied.strangers > 0) throw strangers(input, copied.strangers);
  const upserts = copied.straight + copied.upserts;
  if (upserts === upserted && copied.retractions === retracted) return;
  throw new SluiceError({
    kind: 'transient',
    what: `the run was read with ${upserts} upserts and ${copied.retractions} retractions, it published ${upserted} and ${retracted}`,
    on: `${landingHour} r${revision}`,
    fix: 'Nothing was changed; it is read again',
    fields: { upserted, retracted, upsertsRead: upserts, retractsRead: copied.retractions },
  });
}

function checkHourRows(rows: bigint, { landingHour, revision, publish }: LoadInput): void {
  const expected = publish.base + publish.new - publish.retracted;
  if (rows === BigInt(expected)) return;
  throw new SluiceError({
    kind: 'data',
    what: `hour_payments would have ${rows} rows of the hour, base ${publish.base} + new ${publish.new} − retracted ${publish.retracted} are ${expected}`,
    on: `${landingHour} r${revision}`,
    fix: 'Nothing was changed. Somebody wrote to hour_payments: ask for the hour with `npx sluice run --publish all`',
    fields: { landingHour, revision, rows: Number(rows), expected },
  });
}

function strangers({ landingHour, revision }: LoadInput, count: number): SluiceError {
  return new SluiceError({
    kind: 'data',
    what: `${count} records of the run are rows of another landing hour`,
    on: `${landingHour} r${revision}`,
    fix: 'Nothing was changed. Only Sluice may write to the topic: see who else does',
    fields: { landingHour, revision, strangers: count },
  });
}

function otherBase(input: LoadInput, row: RevisionToLoad): SluiceError {
  const name = (revision: number | null): string => (revision === null ? 'none' : `r${revision}`);
  return new SluiceError({
    kind: 'fenced',
    what: `this revision changes ${name(row.base_revision)}, but ${name(row.loaded_revision)} is loaded`,
    on: `${input.landingHour} r${input.revision}`,
    fix: 'Nothing was changed; ask for the hour again',
    fields: { landingHour: input.landingHour, revision: input.revision, base: row.base_revision, loaded: row.loaded_revision },
  });
}
