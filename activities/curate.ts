/**
 * curate: the engine makes curated Parquet and dead letters of the manifest's objects, into a staging prefix of this attempt
 * alone. Killed in the middle, the next attempt starts in a fresh prefix; nobody reads the old one. An object that is no
 * longer the manifest's makes the hour land again.
 */
import { createReadStream } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Context } from '@temporalio/activity';
import type { Configuration } from '../contract/configuration';
import type { ControlReading } from '../contract/control-totals';
import { SluiceError } from '../contract/errors';
import { curateSummaryKey, stagingPrefix } from '../contract/lake-layout';
import type { DeadLetter, Reason } from '../contract/payment';
import type { CurateInput, CurateResult, CurateSummary } from '../contract/stages';
import type { JobControl, LocalEngine } from '../engines/engine';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { readControlObject, sortedOut } from './control-totals';
import { readManifest } from './landed-objects';
import { rawToCurate } from './raw-to-curate';
import { recordedStage } from './recorded-stage';
import { withWorkFolder } from './work-folder';

export interface CurateParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  /** for an hour of so many bytes */
  readonly curateEngine: (bytes: number) => LocalEngine;
  readonly workDir: string;
  readonly configuration: Pick<Configuration, 'SLUICE_DEAD_LETTER_SAMPLES' | 'SLUICE_CONTROL_TOTALS' | 'SLUICE_ERASURE_KEY'>;
}

export function createCurate({ lake, ledger, curateEngine, workDir, configuration }: CurateParts) {
  return recordedStage('curate', ledger, async (input: CurateInput, control: JobControl): Promise<CurateResult> =>
    withWorkFolder(workDir, async (folder) => {
      const { landingHour, revision } = input;
      const manifest = await readManifest(lake, landingHour, revision);
      // Two attempts may be alive at once, so the number alone does not make a prefix of one's own.
      const attempt = `a${Context.current().info.attempt}${randomBytes(3).toString('hex')}`;
      const { control: producers } = sortedOut(landingHour, manifest.objects);
      const reading: ControlReading | null = producers !== null ? await readControlObject(lake, producers, control.signal)
        : configuration.SLUICE_CONTROL_TOTALS === 'required' ? { outcome: 'missing' } : null;
      const raw = await rawToCurate({ lake, configuration }, landingHour, manifest.objects, join(folder, 'raw'), control);
      const outDir = join(folder, 'out');
      const engine = curateEngine(manifest.objects.reduce((sum, { bytes }) => sum + bytes, 0));
      const outcome = await engine.curate({
        landingHour,
        revision,
        attempt,
        processedAt: input.processedAt,
        ...raw,
        countSent: reading !== null,
        outDir,
      }, control);

      const prefix = stagingPrefix(landingHour, revision, attempt);
      control.progress({ step: `uploading ${outcome.files.length} files` });
      await lake.putFiles([
        ...outcome.files.map((file) => ({ key: `${prefix}curated/${file.path}`, path: join(outDir, 'curated', file.path) })),
        ...outcome.deadLetterFiles.map((name) => ({ key: `${prefix}dead-letters/${name}`, path: join(outDir, 'dead-letters', name) })),
      ], control.signal);
      const summary: CurateSummary = {
        landingHour, revision, attempt,
        counts: outcome.counts,
        files: outcome.files,
        deadLetterFiles: outcome.deadLetterFiles,
        ...(reading === null ? {} : { control: { reading, sent: outcome.sent! } }),
        samples: await samplesOf(outcome.deadLetterFiles.map((name) => join(outDir, 'dead-letters', name)),
          Object.keys(outcome.counts.reasons) as Reason[], configuration.SLUICE_DEAD_LETTER_SAMPLES),
      };
      const summaryKey = curateSummaryKey(landingHour, revision, attempt);
      await lake.put(summaryKey, JSON.stringify(summary));
      const { counts } = outcome;
      return {
        attempt, stagingPrefix: prefix, summaryKey,
        lines: counts.lines, blank: counts.blank, dead: counts.dead, erased: counts.erased, duplicates: counts.duplicates, curated: counts.curated,
        cards: counts.cards, reasons: counts.reasons, quarantined: counts.quarantined.length,
        files: outcome.files.length, bytes: outcome.files.reduce((sum, file) => sum + file.bytes, 0),
        engine: engine.name,
      };
    }));
}

/** The first few dead letters of each reason; stops reading when every reason has them. */
async function samplesOf(paths: readonly string[], reasons: readonly Reason[], atMost: number): Promise<readonly DeadLetter[]> {
  const samples: DeadLetter[] = [];
  const kept = new Map<Reason, number>(reasons.map((reason) => [reason, 0]));
  let wanting = kept.size;
  for (const path of paths) {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
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

export async function readCurateSummary(lake: Lake, summaryKey: string): Promise<CurateSummary> {
  const found = await lake.readText(summaryKey);
  if (found === null) {
    throw new SluiceError({
      kind: 'data', what: 'what curate learned of the revision is gone', on: summaryKey, fix: 'Somebody removed it; restore the lake’s runs/ folder or ask for the hour with --publish all',
    });
  }
  return JSON.parse(found.text) as CurateSummary;
}
