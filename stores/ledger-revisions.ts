/** The ledger's revisions: opened, moved on, taken back. A transition that a newer revision forbids is refused, not ignored. */
import { SluiceError } from '../contract/errors';
import { hourStart, type LandingHour } from '../contract/landing-hour';
import { manifestKey } from '../contract/lake-layout';
import type { RecordedRevision } from '../contract/proof-record';
import type { PublishMode, RunKind } from '../contract/run';
import type { RevisionRef } from '../contract/stages';
import { readSql } from '../sql/read-sql';
import { landingHourAt, type HourRow } from './ledger-hours';
import type { Postgres, Session } from './postgres';

export type RevisionState =
  'open' | 'committed' | 'published' | 'loaded' | 'proven' | 'broken' | 'empty' | 'rolled_back' | 'superseded';

export interface LedgerRevision extends RecordedRevision {
  readonly state: RevisionState;
}

export interface RevisionRequest {
  readonly landingHour: LandingHour;
  readonly round: number;
  readonly kind: RunKind;
  readonly by: string;
  readonly publish: PublishMode;
  /** never 'unchanged': the lake does not show what was loaded, so it must be made again */
  readonly force: boolean;
  /** made of committed rows: only where the raw objects go, or went, by retention. Any other revision only where they are kept. */
  readonly ofRows?: boolean;
  readonly manifestFingerprint: string;
  readonly transformFingerprint: string;
  readonly contractVersion: number;
  readonly objects: number;
  readonly bytes: number;
  readonly workflowId: string;
  readonly workflowRunId: string;
  readonly attemptToken: string;
}

export type OpenedRevision =
  | { readonly outcome: 'opened'; readonly revision: number; readonly baseRevision: number | null; readonly processedAt: string }
  | { readonly outcome: 'unchanged'; readonly revision: number };

interface RevisionRow {
  readonly landing_hour: string;
  readonly revision: number;
  readonly state: RevisionState;
  readonly base_revision: number | null;
  readonly processed_at: string;
  readonly manifest_key: string;
  readonly manifest_fingerprint: string;
  readonly transform_fingerprint: string;
  readonly contract_version: number;
  readonly publish_mode: PublishMode;
  readonly objects: number;
  readonly bytes: bigint;
  readonly kind: RunKind;
  readonly requested_by: string;
  readonly workflow_id: string;
  readonly workflow_run_id: string;
  readonly round: number;
  readonly first_difference: string | null;
  readonly opened_at: string;
  readonly committed_at: string | null;
  readonly published_at: string | null;
  readonly loaded_at: string | null;
  readonly closed_at: string | null;
}

/** States that a transition leaves alone: a former attempt got further already. */
const BEYOND_COMMITTED: readonly RevisionState[] = ['published', 'loaded', 'proven', 'broken', 'empty'];
const BEYOND_PUBLISHED: readonly RevisionState[] = ['loaded', 'proven', 'broken', 'empty'];

export function ledgerRevisions(postgres: Postgres) {
  async function transition(what: string, statement: string, ref: RevisionRef, more: readonly unknown[], done: readonly RevisionState[]): Promise<void> {
    const changed = await postgres.run(readSql(statement), [hourStart(ref.landingHour), ref.revision, ...more]);
    if (changed > 0) return;
    const [row] = await postgres.rows<RevisionRow>(readSql('ledger/revision.sql'), [hourStart(ref.landingHour), ref.revision]);
    if (row !== undefined && done.includes(row.state)) return;
    throw fenced(what, ref, row?.state);
  }

  async function one(statement: string, values: readonly unknown[]): Promise<LedgerRevision | null> {
    const [row] = await postgres.rows<RevisionRow>(readSql(statement), values);
    return row === undefined ? null : revisionOf(row);
  }

  return {
    /**
     * The revision that contains what was listed. A retry of the same round gets the same number and the same instant; another
     * manifest a new number; an hour in which nothing changed since its last load none.
     */
    openRevision: (request: RevisionRequest): Promise<OpenedRevision> =>
      postgres.transaction((session) => openRevision(session, request)),

    revision: (landingHour: LandingHour, revision: number): Promise<LedgerRevision | null> =>
      one('ledger/revision.sql', [hourStart(landingHour), revision]),

    /** What hour_payments hold, and what the next difference is taken from. */
    lastLoaded: (landingHour: LandingHour): Promise<LedgerRevision | null> => one('ledger/last-loaded.sql', [hourStart(landingHour)]),

    /** Rolled-back ones do not count. */
    newestRevision: (landingHour: LandingHour): Promise<LedgerRevision | null> =>
      one('ledger/newest-revision.sql', [hourStart(landingHour)]),

    markCommitted: (ref: RevisionRef): Promise<void> =>
      transition('commit', 'ledger/mark-committed.sql', ref, [], BEYOND_COMMITTED),

    markPublished: (ref: RevisionRef): Promise<void> =>
      transition('publish', 'ledger/mark-published.sql', ref, [], BEYOND_PUBLISHED),

    /** After an undo that came too late. */
    markKept: (ref: RevisionRef): Promise<void> => transition('keep', 'ledger/mark-kept.sql', ref, [], BEYOND_PUBLISHED),

    /** `restored`: the revision that the lake shows again, 0 for none. Refused once Kafka has the revision. */
    markRolledBack: (ref: RevisionRef, restored: number): Promise<void> =>
      transition('roll back', 'ledger/mark-rolled-back.sql', ref, [restored], ['rolled_back']),
  };
}

async function openRevision(session: Session, request: RevisionRequest): Promise<OpenedRevision> {
  const hour = hourStart(request.landingHour);
  await session.run(readSql('ledger/ensure-hour.sql'), [hour]);
  const [hourRow] = await session.rows<HourRow>(readSql('ledger/lock-hour.sql'), [hour]);
  if ((hourRow!.raw_retired_at !== null) !== (request.ofRows === true)) throw lookAgain(request);

  const [ofRound] = await session.rows<{ revision: number }>(
    readSql('ledger/revision-of-round.sql'), [hour, request.workflowRunId, request.round]);
  if (ofRound !== undefined && ofRound.revision === hourRow!.last_revision) {
    const [row] = await session.rows<RevisionRow>(readSql('ledger/revision.sql'), [hour, ofRound.revision]);
    if (row!.state === 'open' && sameInput(row!, request)) {
      return { outcome: 'opened', revision: row!.revision, baseRevision: row!.base_revision, processedAt: row!.processed_at };
    }
  }

  const [newest] = await session.rows<RevisionRow>(readSql('ledger/newest-revision.sql'), [hour]);
  const loadedIsNewest = newest !== undefined && newest.revision === hourRow!.loaded_revision;
  if (request.publish === 'changed' && !request.force && loadedIsNewest && sameInput(newest, request)) {
    return { outcome: 'unchanged', revision: newest.revision };
  }

  await session.run(readSql('ledger/supersede-unfinished.sql'), [hour]);
  const [numbered] = await session.rows<{ last_revision: number; loaded_revision: number | null }>(
    readSql('ledger/next-revision.sql'), [hour]);
  const { last_revision: revision, loaded_revision: baseRevision } = numbered!;
  const [opened] = await session.rows<{ processed_at: string }>(readSql('ledger/open-revision.sql'), [
    hour, revision, baseRevision, manifestKey(request.landingHour, revision), request.manifestFingerprint,
    request.transformFingerprint, request.contractVersion, request.publish, request.objects, request.bytes, request.kind,
    request.by, request.workflowId, request.workflowRunId, request.round, request.attemptToken,
  ]);
  return { outcome: 'opened', revision, baseRevision, processedAt: opened!.processed_at };
}

/** It was decided after the hour was listed. A revision of what is left of it would lose its old lines; one of rows is for hours that have no lines. */
function lookAgain({ landingHour, ofRows }: RevisionRequest): SluiceError {
  const what = ofRows === true ? 'the hour’s raw objects are kept again' : 'retention is removing the hour’s raw objects';
  return new SluiceError({ kind: 'transient', what, on: landingHour, fix: 'It is looked at again by itself' });
}

function sameInput(row: RevisionRow, request: RevisionRequest): boolean {
  return row.manifest_fingerprint === request.manifestFingerprint
    && row.transform_fingerprint === request.transformFingerprint
    && row.contract_version === request.contractVersion;
}

export function fenced(what: string, ref: RevisionRef, state: RevisionState | undefined): SluiceError {
  return new SluiceError({
    kind: 'fenced',
    what: `cannot ${what} this revision: it is ${state === undefined ? 'not in the ledger' : state.replace('_', ' ')}`,
    on: `${ref.landingHour} r${ref.revision}`,
    fix: 'Nothing was changed; ask for the hour again if no newer run is under way',
    fields: { landingHour: ref.landingHour, revision: ref.revision, state },
  });
}

function revisionOf(row: RevisionRow): LedgerRevision {
  return {
    landingHour: landingHourAt(row.landing_hour),
    revision: row.revision,
    state: row.state,
    baseRevision: row.base_revision,
    processedAt: row.processed_at,
    manifestKey: row.manifest_key,
    manifestFingerprint: row.manifest_fingerprint,
    transformFingerprint: row.transform_fingerprint,
    contractVersion: row.contract_version,
    publish: row.publish_mode,
    objects: row.objects,
    bytes: Number(row.bytes),
    kind: row.kind,
    by: row.requested_by,
    workflowId: row.workflow_id,
    workflowRunId: row.workflow_run_id,
    round: row.round,
    firstDifference: row.first_difference,
    openedAt: row.opened_at,
    committedAt: row.committed_at,
    publishedAt: row.published_at,
    loadedAt: row.loaded_at,
    closedAt: row.closed_at,
  };
}
