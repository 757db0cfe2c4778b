import type { LandingHour } from '../../contract/landing-hour';
import { parseLandingHour } from '../../contract/landing-hour';
import type { Proof } from '../../contract/proof';
import { NO_SUMS } from '../../contract/sums';
import { NO_TERMS } from '../../contract/stages';
import { openLedger, type Ledger } from '../../stores/ledger';
import type { RevisionRequest } from '../../stores/ledger-revisions';
import { migrate } from '../../stores/migrations';
import type { Postgres } from '../../stores/postgres';
import { freshDatabase, type FreshDatabase } from './fresh-database';

let database: FreshDatabase;
let loader: Postgres;
let ledger: Ledger;
beforeAll(async () => {
  database = await freshDatabase();
  await migrate(database.open('owner'));
  loader = database.open('loader');
  ledger = openLedger(loader);
});
afterAll(() => database.close());

let day = 0;
function freshHour(): LandingHour {
  day += 1;
  return parseLandingHour(new Date(Date.UTC(2026, 0, day, 10)).toISOString().slice(0, 13));
}

function request(landingHour: LandingHour, more: Partial<RevisionRequest> = {}): RevisionRequest {
  return {
    landingHour, round: 1, kind: 'manual', by: 'ana', publish: 'changed', manifestFingerprint: 'm1', transformFingerprint: 't1',
    contractVersion: 1, force: false, objects: 1, bytes: 10, workflowId: `payments/${landingHour}`, workflowRunId: 'run-a', attemptToken: 'x', ...more,
  };
}

/** As the load does it. */
async function loaded(landingHour: LandingHour, revision: number): Promise<void> {
  await ledger.markCommitted({ landingHour, revision });
  await ledger.markPublished({ landingHour, revision });
  await loader.run(`update ledger.revisions set state = 'loaded', loaded_at = now() where landing_hour = $1 and revision = $2`, [`${landingHour}:00Z`, revision]);
  await loader.run('update ledger.hours set loaded_revision = $2 where landing_hour = $1', [`${landingHour}:00Z`, revision]);
}

function proof(landingHour: LandingHour, revision: number, state: Proof['state']): Proof {
  return {
    landingHour, revision, state, terms: NO_TERMS, stores: { lake: NO_SUMS, topic: NO_SUMS, postgres: NO_SUMS },
    unchanged: NO_SUMS, quarantined: [], firstDifference: state === 'broken' ? 'rows: lake 1, postgres 0' : null,
  };
}

test('a retry of the same round gets the same number and the same instant', async () => {
  const hour = freshHour();
  const first = await ledger.openRevision(request(hour));
  expect(first).toMatchObject({ outcome: 'opened', revision: 1, baseRevision: null });
  expect(await ledger.openRevision(request(hour, { attemptToken: 'y' }))).toEqual(first);
});

test('two attempts of a round at once get one revision', async () => {
  const hour = freshHour();
  const [one, other] = await Promise.all([ledger.openRevision(request(hour)), ledger.openRevision(request(hour))]);
  expect(one).toEqual(other);
});

test('a retry that lists another manifest gets a new number, and the older revision may not go on', async () => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  expect(await ledger.openRevision(request(hour, { manifestFingerprint: 'm2' }))).toMatchObject({ outcome: 'opened', revision: 2 });
  await expect(ledger.markCommitted({ landingHour: hour, revision: 1 })).rejects.toMatchObject({ kind: 'fenced' });
  expect(await ledger.revision(hour, 1)).toMatchObject({ state: 'superseded' });
});

test('numbers are never used twice, not even that of a revision which was rolled back', async () => {
  const hour = freshHour();
  const seen: number[] = [];
  for (let round = 1; round <= 4; round += 1) {
    const opened = await ledger.openRevision(request(hour, { round }));
    seen.push(opened.revision);
    await ledger.markRolledBack({ landingHour: hour, revision: opened.revision }, 0);
  }
  expect(seen).toEqual([1, 2, 3, 4]);
});

test('an hour in which nothing changed since its load gets no new revision', async () => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  await loaded(hour, 1);
  const again = request(hour, { workflowRunId: 'run-b' });
  expect(await ledger.openRevision(again)).toEqual({ outcome: 'unchanged', revision: 1 });
  await ledger.saveProof(proof(hour, 1, 'proven'));
  expect(await ledger.openRevision(again)).toEqual({ outcome: 'unchanged', revision: 1 });
  expect(await ledger.hour(hour)).toMatchObject({ state: 'proven', lastRevision: 1 });
});

test.each([
  ['another manifest', { manifestFingerprint: 'm2' }],
  ['another transform', { transformFingerprint: 't2' }],
  ['another contract', { contractVersion: 2 }],
  ['everything asked to be published', { publish: 'all' as const }],
  ['a lake that does not show the loaded revision', { force: true }],
])('%s makes a new revision with the loaded one as its base', async (_what, change) => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  await loaded(hour, 1);
  expect(await ledger.openRevision(request(hour, { workflowRunId: 'run-b', ...change })))
    .toMatchObject({ outcome: 'opened', revision: 2, baseRevision: 1 });
});

test('a run that ended between publish and load is not the base of the next revision', async () => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  await loaded(hour, 1);
  await ledger.openRevision(request(hour, { round: 2, manifestFingerprint: 'm2' }));
  await ledger.markCommitted({ landingHour: hour, revision: 2 });
  await ledger.markPublished({ landingHour: hour, revision: 2 });
  expect(await ledger.openRevision(request(hour, { round: 3, manifestFingerprint: 'm2' })))
    .toMatchObject({ outcome: 'opened', revision: 3, baseRevision: 1 });
});

test('the same input after an unfinished revision is not taken for unchanged', async () => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  await loaded(hour, 1);
  await ledger.openRevision(request(hour, { round: 2, manifestFingerprint: 'm2' }));
  await ledger.markCommitted({ landingHour: hour, revision: 2 });
  expect(await ledger.openRevision(request(hour, { round: 3 }))).toMatchObject({ outcome: 'opened', revision: 3 });
});

test('a revision that Kafka has cannot be rolled back', async () => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  await ledger.markCommitted({ landingHour: hour, revision: 1 });
  await ledger.markPublished({ landingHour: hour, revision: 1 });
  await expect(ledger.markRolledBack({ landingHour: hour, revision: 1 }, 0)).rejects.toMatchObject({ kind: 'fenced' });
});

test('steps said twice change nothing, also when the revision is further already', async () => {
  const hour = freshHour();
  const ref = { landingHour: hour, revision: 1 };
  await ledger.openRevision(request(hour));
  await loaded(hour, 1);
  await ledger.markCommitted(ref);
  await ledger.markPublished(ref);
  expect(await ledger.revision(hour, 1)).toMatchObject({ state: 'loaded' });
  expect(await ledger.hour(hour)).toMatchObject({ committedRevision: 1, loadedRevision: 1 });
});

test('an older revision’s proof does not speak for the hour', async () => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  await loaded(hour, 1);
  await ledger.openRevision(request(hour, { round: 2, manifestFingerprint: 'm2' }));
  await ledger.saveProof(proof(hour, 1, 'proven'));
  expect(await ledger.hour(hour)).toMatchObject({ state: 'open' });
  expect(await ledger.revision(hour, 1)).toMatchObject({ state: 'proven' });
});

test('every proof is kept and the newest is shown', async () => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  await loaded(hour, 1);
  await ledger.saveProof(proof(hour, 1, 'broken'));
  expect(await ledger.hour(hour)).toMatchObject({ state: 'broken' });
  await ledger.saveProof(proof(hour, 1, 'proven'));
  expect(await ledger.proofOf(hour)).toEqual(proof(hour, 1, 'proven'));
  expect(await ledger.hours(hour, hour)).toEqual([expect.objectContaining({ landingHour: hour, state: 'proven', proof: proof(hour, 1, 'proven') })]);
  expect(await loader.rows('select count(*)::integer as kept from ledger.proofs where landing_hour = $1', [`${hour}:00Z`])).toEqual([{ kept: 2 }]);
});

test('a missing hour is news once, and an hour that was run before is not missing', async () => {
  const hour = freshHour();
  const deadline = new Date(Date.UTC(2026, 0, 1));
  expect(await ledger.recordMissing(hour, deadline)).toBe(true);
  expect(await ledger.recordMissing(hour, deadline)).toBe(false);
  expect(await ledger.hour(hour)).toMatchObject({ state: 'missing', deadline: '2026-01-01T00:00:00Z' });
  await ledger.openRevision(request(hour));
  expect(await ledger.recordMissing(hour, deadline)).toBe(false);
  expect(await ledger.hour(hour)).toMatchObject({ state: 'open' });
});

test('a stage’s result comes back as it was, hostile names and all', async () => {
  const hour = freshHour();
  await ledger.openRevision(request(hour));
  const stage = { landingHour: hour, revision: 1, stage: 'crawl' as const, attempt: 2, startedAt: '2026-01-01T00:00:00.250Z', seconds: 1.5, worker: 'w' };
  await ledger.recordStage({ ...stage, result: { field: 'a\u0000b\ud800', path: 'c:\\u0000' } });
  expect(await ledger.stageResult({ landingHour: hour, revision: 1 }, 'crawl')).toEqual({ field: 'a\ufffdb\ufffd', path: 'c:\\u0000' });
  expect(await ledger.stages({ landingHour: hour, revision: 1 })).toMatchObject([{ attempt: 2, seconds: 1.5, startedAt: '2026-01-01T00:00:00.25Z' }]);
});

test('a round of a workflow is one run, from its asker to its end', async () => {
  const hour = freshHour();
  const run = { landingHour: hour, workflowId: `payments/${hour}`, workflowRunId: 'run-z', round: 1, kind: 'schedule' as const, by: 'hourly' };
  await ledger.startRun(run);
  await ledger.startRun(run);
  await ledger.endRun({ workflowRunId: 'run-z', round: 1, revision: 1, unchanged: false, state: 'proven', message: 'done' });
  expect(await ledger.runs(hour)).toEqual([expect.objectContaining({ ...run, revision: 1, state: 'proven', endedAt: expect.any(String) })]);
});

test('where the raw objects go by retention, only a revision of committed rows is opened; where they are kept, only one of raw', async () => {
  const hour = freshHour();
  const lookAgain = { kind: 'transient', fix: 'It is looked at again by itself' };
  await ledger.openRevision(request(hour));
  await loaded(hour, 1);
  await expect(ledger.openRevision(request(hour, { round: 2, force: true, ofRows: true }))).rejects.toMatchObject(lookAgain);
  await loader.run('update ledger.hours set raw_retired_at = now() where landing_hour = $1', [`${hour}:00Z`]);
  await expect(ledger.openRevision(request(hour, { round: 2, publish: 'all' }))).rejects.toMatchObject(lookAgain);
  expect(await ledger.openRevision(request(hour, { round: 2, force: true, ofRows: true }))).toMatchObject({ outcome: 'opened', revision: 2, baseRevision: 1 });
});
