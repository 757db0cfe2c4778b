/**
 * compactDay: a closed day's small files become one for each merchant, of all its proven hours; rows, sums, revisions and proofs stay.
 * New files are read back before the first commit names one, and each hour is one swap. Killed anywhere, hours name old files or new
 * ones; a second run gives up what the first one left and starts over, but takes over the merging that is at work elsewhere. What nobody
 * names any more is the sweep's, after the grace.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { compactedCommit, planOf } from '../contract/compaction';
import { SluiceError } from '../contract/errors';
import { compactionPlanKey } from '../contract/lake-layout';
import { hourEnd, hoursOfDay, isUtcDate } from '../contract/landing-hour';
import type { Commit } from '../contract/run';
import type { CompactInput, CompactResult } from '../contract/stages';
import type { Engine, LakeCurateControl } from '../engines/engine';
import type { NightlyEngine } from '../engines/nightly';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { giveUp, provenCommits, swapHour } from './compaction-commits';
import { writeMerges } from './compaction-files';
import { withHeartbeat } from './heartbeat';
import { withWorkFolder } from './work-folder';

export interface CompactDayParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly nightly: NightlyEngine | null;
  readonly workDir: string;
}

export function createCompactDay(parts: CompactDayParts) {
  return async function compactDay({ date }: CompactInput): Promise<CompactResult> {
    if (!isUtcDate(date) || Date.now() < hourEnd(hoursOfDay(date).at(-1)!).getTime()) {
      throw new SluiceError({ kind: 'usage', what: 'not a day that is over', on: JSON.stringify(date) ?? 'nothing', fix: 'Write a past UTC date like 2026-11-20' });
    }
    return withHeartbeat((control) => withWorkFolder(parts.workDir, (folder) => compacted(parts, date, folder, control)));
  };
}

async function compacted(parts: CompactDayParts, date: string, folder: string, control: LakeCurateControl): Promise<CompactResult> {
  const { lake, ledger } = parts;
  for (const open of await ledger.openCompactions(date)) await giveUp(parts, open);
  control.progress({ step: 'reading the commits' });
  const { proven, skipped } = await provenCommits(parts, date);
  const commits = proven.map(({ commit }) => commit);
  const compactionId = `${Date.now().toString(36)}${randomBytes(4).toString('hex')}`;
  const plan = planOf(date, compactionId, commits);
  const filesBefore = filesOf(date, commits);
  if (plan.merges.length === 0) return { date, hours: 0, left: 0, skipped, filesBefore, filesAfter: filesBefore, rows: 0 };

  const planKey = compactionPlanKey(date, compactionId);
  await lake.put(planKey, JSON.stringify(plan));
  const written = [...new Set(plan.merges.flatMap(({ inputs }) => inputs.map(({ key }) => key)))].length;
  await ledger.openCompaction({ compactionId, planKey, date, filesBefore: written, filesAfter: plan.merges.length, hours: plan.hours });
  const { files, run, forget } = await writeMerges(parts, plan, commits, join(folder, 'files'), control).catch(async (error: unknown) => {
    await ledger.closeCompaction(compactionId, 'abandoned');
    await lake.remove(plan.merges.map(({ key }) => key));
    throw error;
  });

  const now: Commit[] = [];
  let hours = 0;
  for (const before of proven) {
    const { landingHour } = before.commit;
    const planned = plan.hours.some((hour) => hour.landingHour === landingHour);
    control.progress({ step: `swapping ${landingHour}` });
    const after = planned ? compactedCommit(before.commit, plan, files) : before.commit;
    const swapped = planned && await swapHour(parts, plan, before, after);
    if (swapped) hours += 1;
    now.push(swapped ? after : before.commit);
  }
  await ledger.closeCompaction(compactionId, 'done');
  await forget();
  return {
    date, hours, left: plan.hours.length - hours, skipped, filesBefore, filesAfter: filesOf(date, now),
    rows: [...files.values()].reduce((sum, { rows }) => sum + rows, 0), ...(run === null ? {} : { run }),
  };
}

function filesOf(date: string, commits: readonly Commit[]): number {
  return new Set(commits.flatMap(({ files }) => files.filter(({ dt }) => dt === date).map(({ key }) => key))).size;
}
