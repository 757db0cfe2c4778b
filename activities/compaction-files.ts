/** Writes what a compaction's plan says and reads it back: hour by hour the new files hold what the old ones held, or nothing is swapped. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompactionPlan, Merge } from '../contract/compaction';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import type { Commit } from '../contract/run';
import { addSums, firstDifferenceOfSums, NO_SUMS, type Sums } from '../contract/sums';
import type { RemoteRunNote } from '../contract/remote-run';
import type { CuratedPath, Engine, HourSums, JobControl, LakeCurateControl, MergedFile } from '../engines/engine';
import type { NightlyEngine } from '../engines/nightly';
import type { Lake } from '../stores/lake';
import { downloadCommitted } from './committed-files';
import { mergedElsewhere } from './merged-elsewhere';

export interface CompactionFilesParts {
  readonly lake: Lake;
  readonly engine: Engine;
  /** who writes them; null: DuckDB */
  readonly nightly: NightlyEngine | null;
}

export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
}

export interface WrittenMerges {
  readonly files: ReadonlyMap<string, WrittenFile>;
  /** by which they were written, where it was one elsewhere */
  readonly run: RemoteRunNote | null;
  /** for when the commits name them: what a retry would have taken over goes */
  readonly forget: () => Promise<void>;
}

/** What is on this machine at once. */
const PORTION_BYTES = 256 * 1024 * 1024;
const PORTION_FILES = 2_000;

export async function writeMerges(
  parts: CompactionFilesParts, plan: CompactionPlan, commits: readonly Commit[], folder: string, control: LakeCurateControl,
): Promise<WrittenMerges> {
  const { nightly } = parts;
  if (nightly === null) return { files: await checked(parts, plan, commits, await writeHere(parts, plan, folder, control), folder, control), run: null, forget: () => Promise.resolve() };
  const { merged, run, workPrefix } = await mergedElsewhere({ ...parts, nightly }, plan, control);
  const forget = async (): Promise<void> => parts.lake.remove((await parts.lake.list(workPrefix)).map(({ key }) => key));
  const files = await checked(parts, plan, commits, merged, folder, control).catch(async (error: unknown) => {
    // Found again, it would be as wrong.
    if (error instanceof SluiceError && error.kind === 'data') await forget();
    throw error;
  });
  return { files, run, forget };
}

async function writeHere(parts: CompactionFilesParts, plan: CompactionPlan, folder: string, control: JobControl): Promise<readonly MergedFile[]> {
  const merged: MergedFile[] = [];
  for (const [n, merges] of portionsOf(plan.merges).entries()) {
    const place = join(folder, `portion-${n}`);
    control.progress({ step: `files ${merged.length} of ${plan.merges.length}` });
    merged.push(...await writePortion(parts, merges, place, control));
    await rm(place, { recursive: true, force: true });
  }
  return merged;
}

async function writePortion({ lake, engine }: CompactionFilesParts, merges: readonly Merge[], place: string, control: JobControl): Promise<readonly MergedFile[]> {
  const keys = [...new Set(merges.flatMap(({ inputs }) => inputs.map(({ key }) => key)))];
  const paths = await lake.downloadAll(keys.map((key) => ({ key })), join(place, 'in'), control.signal);
  const pathOf = new Map(keys.map((key, i) => [key, paths[i]!]));
  const out = join(place, 'out');
  await mkdir(out, { recursive: true });
  const { merged } = await engine.compact({
    merges: merges.map(({ inputs }, i) => ({
      files: inputs.flatMap<CuratedPath>(({ key, shared, hours }) => (shared ? hours.map(({ landingHour }) => ({ path: pathOf.get(key)!, landingHour })) : [pathOf.get(key)!])),
      out: join(out, `${i}.parquet`),
    })),
  }, control);
  await lake.putFiles(merges.map(({ key }, i) => ({ key, path: join(out, `${i}.parquet`) })), control.signal);
  return merged;
}

/** Whoever wrote them, the files are read back from the lake by DuckDB. `merged`: what whoever wrote them has read. */
async function checked(
  parts: CompactionFilesParts, plan: CompactionPlan, commits: readonly Commit[], merged: readonly MergedFile[], folder: string, control: JobControl,
): Promise<ReadonlyMap<string, WrittenFile>> {
  const before = new SumsByHour();
  const after = new SumsByHour();
  for (const { hours } of merged) before.add(hours);
  for (const [n, merges] of portionsOf(plan.merges).entries()) {
    const place = join(folder, `back-${n}`);
    control.progress({ step: 'reading the new files back' });
    const back = await parts.lake.downloadAll(merges.map(({ key }) => ({ key })), place, control.signal);
    after.add(await parts.engine.sumsByHour({ files: back }, control));
    await rm(place, { recursive: true, force: true });
  }
  for (const { landingHour } of plan.hours) {
    const commit = commits.find((candidate) => candidate.landingHour === landingHour)!;
    const difference = await differenceOf(parts, plan, commit, before.of(landingHour), after.of(landingHour), join(folder, `kept-${landingHour}`), control);
    if (difference !== null) throw leftAsItWas(landingHour, difference);
  }
  const strange = [...new Set([...before.hours, ...after.hours])].find((hour) => !plan.hours.some(({ landingHour }) => landingHour === hour));
  if (strange !== undefined) throw leftAsItWas(strange, 'rows of this hour lie in files that only others name');
  return new Map(plan.merges.map(({ key }, i) => [key, { rows: merged[i]!.rows, bytes: merged[i]!.bytes }]));
}

/** Between the old files and the new ones, and, for the hours of the day itself, between all that the commit names and what was proven of it. */
async function differenceOf(
  { lake, engine }: CompactionFilesParts, plan: CompactionPlan, commit: Commit, before: Sums, after: Sums, folder: string, control: JobControl,
): Promise<string | null> {
  const { landingHour } = commit;
  const inputs = plan.merges.flatMap((merge) => merge.inputs).filter(({ hours }) => hours.some((hour) => hour.landingHour === landingHour));
  const due = inputs.reduce((sum, { hours }) => sum + hours.find((hour) => hour.landingHour === landingHour)!.rows, 0);
  if (before.rows !== due) return `rows: commit ${due}, files ${before.rows}`;
  const difference = firstDifferenceOfSums('the old files', before, 'the new files', after);
  // Of other days' hours nearly all lies elsewhere: two thirds of the lake would be read for a few late lines.
  if (difference !== null || !landingHour.startsWith(plan.date)) return difference;
  const replaced = new Set(inputs.map(({ key }) => key));
  const kept = await downloadCommitted(lake, landingHour, commit.files.filter(({ key }) => !replaced.has(key)), folder, control.signal);
  const whole = addSums(before, await engine.sums({ files: kept }, control));
  await rm(folder, { recursive: true, force: true });
  return firstDifferenceOfSums('the commit', commit.sums, 'its files', whole);
}

function leftAsItWas(landingHour: LandingHour, difference: string): SluiceError {
  return new SluiceError({
    kind: 'data', what: `the day was left as it was: ${difference}`, on: landingHour,
    fix: 'A file of the lake is not what was proven: reconcile the day (or run the hour with --publish all), then compact it again',
    fields: { landingHour, difference },
  });
}

function portionsOf(merges: readonly Merge[]): readonly (readonly Merge[])[] {
  const portions: Merge[][] = [];
  let bytes = Infinity;
  let files = 0;
  for (const merge of merges) {
    const more = merge.inputs.reduce((sum, input) => sum + input.bytes, 0);
    if (bytes + more > PORTION_BYTES || files + merge.inputs.length > PORTION_FILES) {
      portions.push([]);
      bytes = 0;
      files = 0;
    }
    portions.at(-1)!.push(merge);
    bytes += more;
    files += merge.inputs.length;
  }
  return portions;
}

class SumsByHour {
  private readonly sums = new Map<LandingHour, Sums>();

  add(hours: readonly HourSums[]): void {
    for (const { landingHour, sums } of hours) this.sums.set(landingHour, addSums(this.of(landingHour), sums));
  }

  of(hour: LandingHour): Sums {
    return this.sums.get(hour) ?? NO_SUMS;
  }

  get hours(): readonly LandingHour[] {
    return [...this.sums.keys()];
  }
}
