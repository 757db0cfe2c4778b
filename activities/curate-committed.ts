/**
 * What curate does where the hour's raw objects went by retention and an erasure asks: it makes the revision of the rows, counts and dead
 * letters that an earlier one committed, without persons who are suppressed since. Every line counts as it did, but for theirs, which
 * count as erased. DuckDB does it, whichever engine curates: there is nothing to transform.
 */
import { join } from 'node:path';
import type { Configuration } from '../contract/configuration';
import { erasureKeyOf } from '../contract/erasure';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import type { Commit, CommittedFile } from '../contract/run';
import type { CurateCounts, CurateInput, CurateSummary } from '../contract/stages';
import { addSums, firstDifferenceOfSums } from '../contract/sums';
import type { CarryOverOutcome, CuratedPath, Engine, JobControl } from '../engines/engine';
import type { Lake } from '../stores/lake';
import { type CarriedLetters, carriedLetters } from './carried-letters';
import { downloadCommitted } from './committed-files';
import { suppressionOf } from './raw-to-curate';
import { attemptOfOnesOwn, staged, type Staged } from './staged';

/** Of the files that are sorted in one go; a shared file of a day counts whole. */
const BYTES_OF_A_GROUP = 64 * 1024 * 1024;

export interface CurateCommittedParts {
  readonly lake: Lake;
  readonly engine: Engine;
  readonly configuration: Pick<Configuration, 'SLUICE_ERASURE_KEY'>;
}

/** A revision as the lake shows it, or has kept it. */
export interface CommittedRevision {
  readonly commit: Commit;
  readonly summary: CurateSummary;
}

export async function curatedFromCommitted(
  { lake, engine, configuration }: CurateCommittedParts, { landingHour, revision, processedAt }: CurateInput, { commit, summary }: CommittedRevision,
  folder: string, control: JobControl,
): Promise<Staged> {
  const key = erasureKeyOf(configuration.SLUICE_ERASURE_KEY);
  const suppression = await suppressionOf(lake, key);
  const tokens = new Set(suppression?.tokens);
  const attempt = attemptOfOnesOwn();
  const outDir = join(folder, 'out');
  const groups = await groupsOf(lake, landingHour, commit.files, join(folder, 'committed'), control);
  const rows = await engine.carryOver({ landingHour, revision, attempt, processedAt, groups, outDir, ...(suppression === null ? {} : { suppression }) }, control);
  allThere(commit, rows);
  const letters = await carriedLetters(
    lake, { landingHour, revision: commit.revision }, revision, (userId) => key !== null && tokens.has(key.token(userId)), join(outDir, 'dead-letters'), control.signal,
  );
  const outcome = { counts: countsOf(summary.counts, rows, letters), files: rows.files, deadLetterFiles: letters.files };
  return staged(lake, engine.name, { landingHour, revision }, attempt, outcome, outDir, control);
}

/** Nobody knows any more which of the duplicates were whose, so they stay what they were. A letter that is gone was taken by an erasure: nothing else takes any. */
function countsOf(before: CurateCounts, rows: CarryOverOutcome, { letters, reasons }: CarriedLetters): CurateCounts {
  return {
    ...before, dead: letters, reasons, curated: rows.kept.rows, sums: rows.kept,
    erased: before.erased + rows.erased.rows + (before.dead - letters),
  };
}

/** A row that the files have lost must not pass for one that was erased. */
function allThere({ landingHour, revision, sums }: Commit, { kept, erased }: CarryOverOutcome): void {
  const difference = firstDifferenceOfSums('committed', sums, 'the files', addSums(kept, erased));
  if (difference === null) return;
  throw new SluiceError({
    kind: 'data', what: `the committed files are not what they were: ${difference}`, on: `${landingHour} r${revision}`,
    fix: 'The hour’s raw objects went by retention, so it can be made of these files only: restore them, then ask again',
  });
}

/** Merchants together, as many as are not too many. */
async function groupsOf(
  lake: Lake, hour: LandingHour, files: readonly CommittedFile[], folder: string, control: JobControl,
): Promise<readonly (readonly CuratedPath[])[]> {
  const sorted = [...files].sort((a, b) => (a.merchantId < b.merchantId ? -1 : 1));
  const paths = await downloadCommitted(lake, hour, sorted, folder, control.signal, (count) => {
    control.progress({ step: `downloading committed file ${count} of ${sorted.length}` });
  });
  const groups: CuratedPath[][] = [];
  let bytes = 0;
  for (const [i, file] of sorted.entries()) {
    if (groups.length === 0 || (bytes >= BYTES_OF_A_GROUP && file.merchantId !== sorted[i - 1]!.merchantId)) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(paths[i]!);
    bytes += file.bytes;
  }
  return groups;
}
