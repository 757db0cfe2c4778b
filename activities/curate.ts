/**
 * curate: the engine makes curated Parquet and dead letters of the manifest's objects, into a staging prefix of this attempt
 * alone. Killed in the middle, the next attempt starts in a fresh prefix; nobody reads the old one. Where the engine is a service, the
 * next attempt takes over the run that is at work, and its prefix. An object that is no longer the manifest's makes the hour land again.
 * Where the objects went by retention, the manifest says of which revision's rows to make it (curate-committed.ts).
 */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Configuration } from '../contract/configuration';
import type { ControlReading } from '../contract/control-totals';
import { SluiceError } from '../contract/errors';
import { curateSummaryKey } from '../contract/lake-layout';
import type { DeadLetter, Reason } from '../contract/payment';
import type { Manifest } from '../contract/run';
import type { CurateInput, CurateResult, CurateSummary, RevisionRef } from '../contract/stages';
import { linesOf } from '../contract/text-lines';
import type { CurateEngine, Engine, LakeCurateControl, LakeEngine, LocalEngine } from '../engines/engine';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { readControlObject, sortedOut } from './control-totals';
import { type CommittedRevision, curatedFromCommitted } from './curate-committed';
import { commitOf } from './lake-rows';
import { readManifest } from './landed-objects';
import { curateRaw, lakeToCurate } from './raw-to-curate';
import { recordedStage } from './recorded-stage';
import { attemptOfOnesOwn, staged, type Staged } from './staged';
import { withWorkFolder } from './work-folder';

export interface CurateParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly engine: Engine;
  /** for an hour of so many bytes */
  readonly curateEngine: (bytes: number) => CurateEngine;
  readonly workDir: string;
  readonly configuration: Pick<Configuration, 'SLUICE_DEAD_LETTER_SAMPLES' | 'SLUICE_CONTROL_TOTALS' | 'SLUICE_ERASURE_KEY'>;
}

type Curated = Staged & Pick<CurateSummary, 'control'>;

export function createCurate(parts: CurateParts) {
  const { lake, ledger, workDir, configuration } = parts;
  return recordedStage('curate', ledger, async (input: CurateInput, control: LakeCurateControl): Promise<CurateResult> =>
    withWorkFolder(workDir, async (folder) => {
      const { landingHour, revision } = input;
      const manifest = await readManifest(lake, landingHour, revision);
      const { rowsOf } = manifest;
      const curated = rowsOf === undefined ? await curatedFromRaw(parts, input, manifest, folder, control)
        : await curatedAnew(parts, input, { landingHour, revision: rowsOf }, folder, control);
      const { outcome, attempt, prefix } = curated;
      const summary: CurateSummary = {
        landingHour, revision, attempt,
        counts: outcome.counts,
        files: outcome.files,
        deadLetterFiles: outcome.deadLetterFiles,
        ...(curated.control === undefined ? {} : { control: curated.control }),
        samples: await samplesOf(outcome.deadLetterFiles, curated.letters, Object.keys(outcome.counts.reasons) as Reason[], configuration.SLUICE_DEAD_LETTER_SAMPLES),
      };
      const summaryKey = curateSummaryKey(landingHour, revision, attempt);
      await lake.put(summaryKey, JSON.stringify(summary));
      const { counts } = outcome;
      return {
        attempt, stagingPrefix: prefix, summaryKey,
        lines: counts.lines, blank: counts.blank, dead: counts.dead, erased: counts.erased, duplicates: counts.duplicates, curated: counts.curated,
        cards: counts.cards, reasons: counts.reasons, quarantined: counts.quarantined.length,
        files: outcome.files.length, bytes: outcome.files.reduce((sum, file) => sum + file.bytes, 0),
        engine: curated.engine, ...(curated.run === undefined ? {} : { run: curated.run }), ...(rowsOf === undefined ? {} : { rowsOf }),
      };
    }));
}

async function curatedFromRaw(parts: CurateParts, input: CurateInput, manifest: Manifest, folder: string, control: LakeCurateControl): Promise<Curated> {
  const { control: producers } = sortedOut(input.landingHour, manifest.objects);
  const reading: ControlReading | null = producers !== null ? await readControlObject(parts.lake, producers, control.signal)
    : parts.configuration.SLUICE_CONTROL_TOTALS === 'required' ? { outcome: 'missing' } : null;
  const engine = parts.curateEngine(manifest.objects.reduce((sum, { bytes }) => sum + bytes, 0));
  const countSent = reading !== null;
  const curated = 'curateInLake' in engine ? await curatedInLake(parts, engine, input, manifest, countSent, control)
    : await curatedHere(parts, engine, input, manifest, countSent, folder, control);
  return { ...curated, ...(reading === null ? {} : { control: { reading, sent: curated.outcome.sent! } }) };
}

/** What the producer said, and what landed, was settled when there were lines. */
async function curatedAnew(parts: CurateParts, input: CurateInput, from: RevisionRef, folder: string, control: LakeCurateControl): Promise<Curated> {
  const committed = await committedRevision(parts.lake, from);
  const { control: settled } = committed.summary;
  return { ...await curatedFromCommitted(parts, input, committed, folder, control), ...(settled === undefined ? {} : { control: settled }) };
}

/** By the commit alone: the ledger may have been lost since. */
async function committedRevision(lake: Lake, from: RevisionRef): Promise<CommittedRevision> {
  const commit = await commitOf(lake, from);
  if (commit === null) {
    throw new SluiceError({
      kind: 'data', what: 'the lake does not know what the revision committed, and its hour’s raw objects went by retention', on: `${from.landingHour} r${from.revision}`,
      fix: 'Everything under runs/ is kept for ever: restore it, then ask again',
    });
  }
  return { commit, summary: await readCurateSummary(lake, curateSummaryKey(from.landingHour, from.revision, commit.attempt)) };
}

async function curatedHere(
  { lake, configuration }: CurateParts, engine: LocalEngine, { landingHour, revision, processedAt }: CurateInput, manifest: Manifest, countSent: boolean, folder: string, control: LakeCurateControl,
): Promise<Staged> {
  const attempt = attemptOfOnesOwn();
  const outDir = join(folder, 'out');
  const job = { landingHour, revision, attempt, processedAt, countSent, outDir };
  const outcome = await curateRaw({ lake, configuration }, engine, manifest.objects, job, join(folder, 'raw'), control);
  return staged(lake, engine.name, { landingHour, revision }, attempt, outcome, outDir, control);
}

async function curatedInLake(
  { lake, configuration }: CurateParts, engine: LakeEngine, { landingHour, revision, processedAt }: CurateInput, manifest: Manifest, countSent: boolean, control: LakeCurateControl,
): Promise<Staged> {
  const raw = await lakeToCurate({ lake, configuration }, landingHour, manifest.objects);
  const { attempt, stagingPrefix: prefix, outcome, run } = await engine.curateInLake({ landingHour, revision, processedAt, ...raw, countSent }, control);
  return { engine: engine.name, attempt, prefix, outcome, run, letters: (name) => lake.open({ key: `${prefix}dead-letters/${name}` }, control.signal) };
}

/** The first few dead letters of each reason; stops reading when every reason has them. */
async function samplesOf(
  names: readonly string[], open: (name: string) => Promise<Readable>, reasons: readonly Reason[], atMost: number,
): Promise<readonly DeadLetter[]> {
  const samples: DeadLetter[] = [];
  const kept = new Map<Reason, number>(reasons.map((reason) => [reason, 0]));
  let wanting = kept.size;
  for (const name of names) {
    if (wanting === 0) return samples;
    for await (const line of linesOf(await open(name))) {
      if (wanting === 0) return samples;
      const letter = JSON.parse(line) as DeadLetter;
      if (!letter.reasons.some((reason) => (kept.get(reason) ?? 0) < atMost)) continue;
      samples.push(letter);
      for (const reason of letter.reasons) {
        const count = (kept.get(reason) ?? 0) + 1;
        kept.set(reason, count);
        if (count === atMost) wanting -= 1;
      }
    }
  }
  return samples;
}

export async function readCurateSummary(lake: Lake, summaryKey: string): Promise<CurateSummary> {
  const found = await lake.readText(summaryKey);
  if (found === null) {
    throw new SluiceError({
      kind: 'data', what: 'what curate learned of the revision is gone', on: summaryKey, fix: 'Somebody removed it; restore the lake’s runs/ folder or ask for the hour with --publish all',
    });
  }
  return JSON.parse(found.text) as CurateSummary;
}
