/**
 * curate: the engine makes curated Parquet and dead letters of the manifest's objects, into a staging prefix of this attempt
 * alone. Killed in the middle, the next attempt starts in a fresh prefix; nobody reads the old one. Where the engine is a service, the
 * next attempt takes over the run that is at work, and its prefix. An object that is no longer the manifest's makes the hour land again.
 */
import { createReadStream } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Context } from '@temporalio/activity';
import type { Configuration } from '../contract/configuration';
import type { ControlReading } from '../contract/control-totals';
import { SluiceError } from '../contract/errors';
import { curateSummaryKey, stagingPrefix } from '../contract/lake-layout';
import type { DeadLetter, Reason } from '../contract/payment';
import type { RemoteRunNote } from '../contract/remote-run';
import type { Manifest } from '../contract/run';
import type { CurateInput, CurateResult, CurateSummary, EngineName } from '../contract/stages';
import type { CurateEngine, CurateOutcome, LakeCurateControl, LakeEngine, LocalEngine } from '../engines/engine';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { readControlObject, sortedOut } from './control-totals';
import { readManifest } from './landed-objects';
import { lakeToCurate, rawToCurate } from './raw-to-curate';
import { recordedStage } from './recorded-stage';
import { withWorkFolder } from './work-folder';

export interface CurateParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  /** for an hour of so many bytes */
  readonly curateEngine: (bytes: number) => CurateEngine;
  readonly workDir: string;
  readonly configuration: Pick<Configuration, 'SLUICE_DEAD_LETTER_SAMPLES' | 'SLUICE_CONTROL_TOTALS' | 'SLUICE_ERASURE_KEY'>;
}

/** Curated files and dead letters as they lie in the lake's staging. */
interface Staged {
  readonly engine: EngineName;
  readonly attempt: string;
  readonly prefix: string;
  readonly outcome: CurateOutcome;
  readonly run?: RemoteRunNote;
  /** a file of dead letters, wherever it is nearest */
  readonly letters: (name: string) => Promise<Readable>;
}

export function createCurate(parts: CurateParts) {
  const { lake, ledger, workDir, configuration, curateEngine } = parts;
  return recordedStage('curate', ledger, async (input: CurateInput, control: LakeCurateControl): Promise<CurateResult> =>
    withWorkFolder(workDir, async (folder) => {
      const { landingHour, revision } = input;
      const manifest = await readManifest(lake, landingHour, revision);
      const { control: producers } = sortedOut(landingHour, manifest.objects);
      const reading: ControlReading | null = producers !== null ? await readControlObject(lake, producers, control.signal)
        : configuration.SLUICE_CONTROL_TOTALS === 'required' ? { outcome: 'missing' } : null;
      const engine = curateEngine(manifest.objects.reduce((sum, { bytes }) => sum + bytes, 0));
      const countSent = reading !== null;
      const staged = 'curateInLake' in engine ? await curatedInLake(parts, engine, input, manifest, countSent, control)
        : await curatedHere(parts, engine, input, manifest, countSent, folder, control);
      const { outcome, attempt, prefix } = staged;
      const summary: CurateSummary = {
        landingHour, revision, attempt,
        counts: outcome.counts,
        files: outcome.files,
        deadLetterFiles: outcome.deadLetterFiles,
        ...(reading === null ? {} : { control: { reading, sent: outcome.sent! } }),
        samples: await samplesOf(outcome.deadLetterFiles, staged.letters, Object.keys(outcome.counts.reasons) as Reason[], configuration.SLUICE_DEAD_LETTER_SAMPLES),
      };
      const summaryKey = curateSummaryKey(landingHour, revision, attempt);
      await lake.put(summaryKey, JSON.stringify(summary));
      const { counts } = outcome;
      return {
        attempt, stagingPrefix: prefix, summaryKey,
        lines: counts.lines, blank: counts.blank, dead: counts.dead, erased: counts.erased, duplicates: counts.duplicates, curated: counts.curated,
        cards: counts.cards, reasons: counts.reasons, quarantined: counts.quarantined.length,
        files: outcome.files.length, bytes: outcome.files.reduce((sum, file) => sum + file.bytes, 0),
        engine: staged.engine, ...(staged.run === undefined ? {} : { run: staged.run }),
      };
    }));
}

async function curatedHere(
  { lake, configuration }: CurateParts, engine: LocalEngine, { landingHour, revision, processedAt }: CurateInput, manifest: Manifest, countSent: boolean, folder: string, control: LakeCurateControl,
): Promise<Staged> {
  // Two attempts may be alive at once, so the number alone does not make a prefix of one's own.
  const attempt = `a${Context.current().info.attempt}${randomBytes(3).toString('hex')}`;
  const raw = await rawToCurate({ lake, configuration }, landingHour, manifest.objects, join(folder, 'raw'), control);
  const outDir = join(folder, 'out');
  const outcome = await engine.curate({ landingHour, revision, attempt, processedAt, ...raw, countSent, outDir }, control);
  const prefix = stagingPrefix(landingHour, revision, attempt);
  control.progress({ step: `uploading ${outcome.files.length} files` });
  await lake.putFiles([
    ...outcome.files.map((file) => ({ key: `${prefix}curated/${file.path}`, path: join(outDir, 'curated', file.path) })),
    ...outcome.deadLetterFiles.map((name) => ({ key: `${prefix}dead-letters/${name}`, path: join(outDir, 'dead-letters', name) })),
  ], control.signal);
  return { engine: engine.name, attempt, prefix, outcome, letters: (name) => Promise.resolve(createReadStream(join(outDir, 'dead-letters', name))) };
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
      if (line === '') continue;
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

/** A stream that breaks off is an error here, and one that is left early is closed: readline does neither. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
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
