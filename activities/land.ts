/**
 * land: lists the hour's objects into a manifest and opens a revision in the ledger; later steps and retries read the manifest
 * and never list again. Killed in the middle, the next attempt gets the same revision where the listing is the same. An hour
 * that has not changed since it was last loaded opens nothing. One whose raw objects went by retention is opened for an erasure only.
 */
import { Context } from '@temporalio/activity';
import type { Configuration } from '../contract/configuration';
import { hourEnd, type LandingHour } from '../contract/landing-hour';
import { manifestKey } from '../contract/lake-layout';
import { CONTRACT_VERSION } from '../contract/payment';
import type { LandedObject, Manifest } from '../contract/run';
import type { LandInput, LandResult } from '../contract/stages';
import type { Engine } from '../engines/engine';
import { withErasedLines } from '../stores/erasures';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { sortedOut } from './control-totals';
import { withHeartbeat } from './heartbeat';
import { changesSince, fingerprintOf, landedObjects, readManifest } from './landed-objects';
import { committedRevision } from './older-ledger';
import { saveRawGone } from './raw-gone';
import { type CommittedRows, landRetired } from './raw-retired';
import { workerName } from './recorded-stage';

export interface LandParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly configuration: Pick<Configuration, 'SLUICE_DEADLINE_MINUTES' | 'SLUICE_CONTROL_TOTALS'>;
}

export function createLand(parts: LandParts) {
  const { lake, ledger } = parts;
  return async function land(input: LandInput): Promise<LandResult> {
    return withHeartbeat(async () => {
      const { landingHour } = input;
      const startedAt = new Date();
      const { workflowExecution, attempt } = Context.current().info;
      await ledger.startRun({
        landingHour, workflowId: workflowExecution!.workflowId, workflowRunId: workflowExecution!.runId, round: input.round, kind: input.kind, by: input.by,
      });
      const committed = await committedRevision(lake, ledger, landingHour);
      const listed = await withErasedLines(lake, landingHour, await landedObjects(lake, landingHour));
      const loaded = await ledger.lastLoaded(landingHour);
      const retired = await landRetired({ lake, ledger }, landingHour, { loaded: loaded?.revision ?? 0, committed }, listed);
      if (retired !== null && 'outcome' in retired) return retired;
      const ended = retired === null ? await withoutRevision(parts, input, listed, loaded?.revision ?? null) : null;
      if (ended !== null) return ended;

      const objects = retired?.objects ?? listed;
      const fingerprint = fingerprintOf(objects);
      const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
      const opened = await ledger.openRevision({
        landingHour,
        round: input.round,
        kind: input.kind,
        by: input.by,
        publish: input.publish,
        // An hour whose commit is not there (somebody removed it) must be made again, changed or not; so must one that an erasure waits for.
        force: retired !== null || (loaded !== null && committed !== loaded.revision),
        ofRows: retired !== null,
        manifestFingerprint: fingerprint,
        ...await transformOf(parts, landingHour, retired),
        objects: objects.length,
        bytes,
        workflowId: workflowExecution!.workflowId,
        workflowRunId: workflowExecution!.runId,
        attemptToken: `${workflowExecution!.runId}/${input.round}/${attempt}`,
      });
      if (opened.outcome === 'unchanged') {
        return { outcome: 'unchanged', revision: opened.revision, objects: objects.length, bytes };
      }
      const key = manifestKey(landingHour, opened.revision);
      const manifest: Manifest = {
        landingHour, revision: opened.revision, listedAt: startedAt.toISOString(), objects, fingerprint, ...(retired === null ? {} : { rowsOf: retired.rowsOf }),
      };
      await lake.put(key, JSON.stringify(manifest));
      const result: LandResult = {
        outcome: 'landed', revision: opened.revision, baseRevision: opened.baseRevision, processedAt: opened.processedAt,
        publish: input.publish, manifestKey: key, objects: objects.length, bytes,
      };
      await ledger.recordStage({
        landingHour, revision: opened.revision, stage: 'land', attempt, startedAt: startedAt.toISOString(),
        seconds: (Date.now() - startedAt.getTime()) / 1000, worker: workerName(), result,
      });
      return result;
    });
  };
}

/** What is said of an hour of which nothing can be made, or not yet; null: a revision may be opened. */
async function withoutRevision(
  { lake, ledger, configuration }: LandParts, { landingHour, acceptGone, by }: LandInput, objects: readonly LandedObject[], loaded: number | null,
): Promise<LandResult | null> {
  if (loaded !== null && !acceptGone) {
    const { gone } = changesSince(await readManifest(lake, landingHour, loaded), objects);
    if (gone.length > 0) {
      await saveRawGone(ledger, landingHour, loaded, gone);
      return { outcome: 'raw_gone', revision: loaded, gone: gone.slice(0, 20) };
    }
  }
  const deadline = new Date(hourEnd(landingHour).getTime() + configuration.SLUICE_DEADLINE_MINUTES * 60_000);
  if (objects.length > 0 && configuration.SLUICE_CONTROL_TOTALS === 'required' && sortedOut(landingHour, objects).control === null
    && Date.now() < deadline.getTime()) {
    return { outcome: 'waiting', deadline: deadline.toISOString(), for: 'control' };
  }
  if (objects.length === 0 && loaded === null) {
    if (Date.now() < deadline.getTime()) return { outcome: 'waiting', deadline: deadline.toISOString() };
    await ledger.recordMissing(landingHour, deadline);
    return { outcome: 'missing', deadline: deadline.toISOString() };
  }
  if (acceptGone) await ledger.audit(by, 'accept-gone', { landingHour });
  return null;
}

/** Rows that are taken over were made by the transform that made them. */
async function transformOf({ ledger, engine }: LandParts, hour: LandingHour, rows: CommittedRows | null): Promise<{ readonly transformFingerprint: string; readonly contractVersion: number }> {
  const made = rows === null ? null : await ledger.revision(hour, rows.rowsOf);
  return { transformFingerprint: made?.transformFingerprint ?? await engine.transformFingerprint(), contractVersion: made?.contractVersion ?? CONTRACT_VERSION };
}
