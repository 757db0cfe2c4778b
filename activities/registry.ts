/**
 * Every activity, by the name under which workflows call it. The kill tests go over this list: an activity that is not covered
 * there fails them.
 */
import { createAlarm, type AlarmParts } from './alarm';
import { createAudit, type AuditParts } from './audit';
import { createCheckRaw, type CheckRawParts } from './check-raw';
import { createCompactDay, type CompactDayParts } from './compact-day';
import { createCloseReconciliation, type CloseReconciliationParts } from './close-reconciliation';
import { createCloseRun, type CloseRunParts } from './close-run';
import { createCommit, type CommitParts } from './commit';
import { createCrawl, type CrawlParts } from './crawl';
import { createCurate, type CurateParts } from './curate';
import { createDeliverReport, type DeliverReportParts } from './deliver-report';
import { createEndReconciliation, type EndReconciliationParts } from './end-reconciliation';
import { createEndRebuild, type EndRebuildParts } from './end-rebuild';
import { createEraseCurated, type EraseCuratedParts } from './erase-curated';
import { createEraseLetters, type EraseLettersParts } from './erase-letters';
import { createErasePostgres, type ErasePostgresParts } from './erase-postgres';
import { createEraseRaw, type EraseRawParts } from './erase-raw';
import { createErasureHours, type ErasureHoursParts } from './erasure-hours';
import { createLand, type LandParts } from './land';
import { createLoad, type LoadParts } from './load';
import { createPlanRebuild, type PlanRebuildParts } from './plan-rebuild';
import { createPlanBackfill, type PlanBackfillParts } from './plan-backfill';
import { createNoteBackfill, type NoteBackfillParts } from './note-backfill';
import { createNoteDecision, type NoteDecisionParts } from './note-decision';
import { createOpenReconciliation, type OpenReconciliationParts } from './open-reconciliation';
import { createPlanRepairs, type PlanRepairsParts } from './plan-repairs';
import { createPlanReports, type PlanReportsParts } from './plan-reports';
import { createProve, type ProveParts } from './prove';
import { createPublish, type PublishParts } from './publish';
import { createRebuildHour, type RebuildHourParts } from './rebuild-hour';
import { createComparisons, type ComparingParts } from './reconciled-stores';
import { createCompareRollups, type CompareRollupsParts } from './compare-rollups';
import { createReconcileScope, type ReconcileScopeParts } from './reconcile-scope';
import { createReloadKeys, type ReloadKeysParts } from './reload-keys';
import { createRenderReport, type RenderReportParts } from './render-report';
import { createRepairRollups, type RepairRollupsParts } from './repair-rollups';
import { createRequestHour, type RequestHourParts } from './request-hour';
import { createRetain, type RetainParts } from './retain';
import { createShadowHour, type ShadowHourParts } from './shadow-hour';
import { createSaveReceipt, type SaveReceiptParts } from './save-receipt';
import { createSuppress, type SuppressParts } from './suppress';
import { createSweep, type SweepParts } from './sweep';
import { createUndoCommit, type UndoCommitParts } from './undo-commit';
import { createWithdrawHour, type WithdrawHourParts } from './withdraw-hour';

export type ActivityParts = CompactDayParts & AlarmParts & AuditParts & CheckRawParts & CloseRunParts & CommitParts & CrawlParts & CurateParts & LandParts & LoadParts
  & ProveParts & PublishParts & RequestHourParts & SweepParts & UndoCommitParts
  & PlanRebuildParts & RebuildHourParts & EndRebuildParts
  & ComparingParts & CompareRollupsParts & ReconcileScopeParts
  & PlanBackfillParts & NoteBackfillParts & ShadowHourParts & WithdrawHourParts
  & RetainParts
  & CloseReconciliationParts & EndReconciliationParts & NoteDecisionParts & OpenReconciliationParts & PlanRepairsParts & ReloadKeysParts & RepairRollupsParts
  & PlanReportsParts & RenderReportParts & DeliverReportParts
  & SuppressParts & EraseRawParts & ErasureHoursParts & EraseLettersParts & EraseCuratedParts & ErasePostgresParts & SaveReceiptParts;

export function createActivities(parts: ActivityParts) {
  return {
    land: createLand(parts),
    crawl: createCrawl(parts),
    curate: createCurate(parts),
    audit: createAudit(parts),
    commit: createCommit(parts),
    undoCommit: createUndoCommit(parts),
    publish: createPublish(parts),
    load: createLoad(parts),
    prove: createProve(parts),
    closeRun: createCloseRun(parts),
    requestHour: createRequestHour(parts),
    withdrawHour: createWithdrawHour(parts),
    planBackfill: createPlanBackfill(parts),
    noteBackfill: createNoteBackfill(parts),
    shadowHour: createShadowHour(parts),
    alarm: createAlarm(parts),
    sweep: createSweep(parts),
    checkRaw: createCheckRaw(parts),
    planRebuild: createPlanRebuild(parts),
    rebuildHour: createRebuildHour(parts),
    endRebuild: createEndRebuild(parts),
    reconcileScope: createReconcileScope(parts),
    ...createComparisons(parts),
    compareRollups: createCompareRollups(parts),
    retain: createRetain(parts),
    compactDay: createCompactDay(parts),
    openReconciliation: createOpenReconciliation(parts),
    noteDecision: createNoteDecision(parts),
    endReconciliation: createEndReconciliation(parts),
    planRepairs: createPlanRepairs(parts),
    reloadKeys: createReloadKeys(parts),
    repairRollups: createRepairRollups(parts),
    closeReconciliation: createCloseReconciliation(parts),
    suppress: createSuppress(parts),
    eraseRaw: createEraseRaw(parts),
    erasureHours: createErasureHours(parts),
    eraseLetters: createEraseLetters(parts),
    eraseCurated: createEraseCurated(parts),
    erasePostgres: createErasePostgres(parts),
    saveReceipt: createSaveReceipt(parts),
    planReports: createPlanReports(parts),
    renderReport: createRenderReport(parts),
    deliverReport: createDeliverReport(parts),
  };
}

export type Activities = ReturnType<typeof createActivities>;
