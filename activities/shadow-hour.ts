/**
 * shadowHour: curates what is landed now, in a folder of its own, and compares it with the hour's committed revision. Writes nothing
 * to the lake, the ledger, the topic or Postgres; killed or repeated, it compares again.
 */
import { join } from 'node:path';
import type { MoneyDifference, ShadowHourResult } from '../contract/backfill';
import type { ShadowHourInput } from '../contract/stages';
import type { Sums } from '../contract/sums';
import { NO_SUMS } from '../contract/sums';
import type { CuratedFile, CurateOutcome, Engine, JobControl } from '../engines/engine';
import { withErasedLines } from '../stores/erasures';
import { readCommit } from './committed';
import { downloadCommitted } from './committed-files';
import { withHeartbeat } from './heartbeat';
import { landedObjects } from './landed-objects';
import { curateRaw, type RawToCurateParts } from './raw-to-curate';
import { withWorkFolder } from './work-folder';

export interface ShadowHourParts extends RawToCurateParts {
  readonly engine: Engine;
  readonly workDir: string;
}

export function createShadowHour(parts: ShadowHourParts) {
  return async function shadowHour({ landingHour }: ShadowHourInput): Promise<ShadowHourResult> {
    return withHeartbeat((control) => withWorkFolder(parts.workDir, (folder) => shadow(parts, landingHour, folder, control)));
  };
}

async function shadow(parts: ShadowHourParts, landingHour: ShadowHourInput['landingHour'], folder: string, control: JobControl): Promise<ShadowHourResult> {
  const { lake, engine } = parts;
  const objects = await withErasedLines(lake, landingHour, await landedObjects(lake, landingHour));
  const commit = (await readCommit(lake, landingHour))?.commit ?? null;
  const committed = commit === null || commit.revision === 0 ? null : commit;
  const revision = committed?.revision ?? null;
  if (objects.length === 0 && committed === null) {
    return { landingHour, outcome: 'nothing', revision, lines: 0, now: 0, committed: 0, new: 0, changed: 0, gone: 0, money: [] };
  }
  const outDir = join(folder, 'out');
  const job = { landingHour, revision: (revision ?? 0) + 1, attempt: 'shadow', processedAt: new Date().toISOString(), outDir };
  const curated = await curateRaw(parts, engine, objects, job, join(folder, 'raw'), control);
  const base = await downloadCommitted(lake, landingHour, committed?.files ?? [], join(folder, 'base'), control.signal);
  const difference = await engine.difference({
    landingHour, revision: (revision ?? 0) + 1, now: filesOf(curated, outDir), base, publish: 'changed', format: 'avro', valueHeader: '', spool: join(folder, 'spool'),
  }, control);
  const changed = difference.upserted - difference.new;
  return {
    landingHour,
    outcome: difference.upserted + difference.retracted === 0 ? 'same' : 'differs',
    revision,
    lines: curated.counts.lines,
    now: curated.counts.curated,
    committed: difference.base,
    new: difference.new,
    changed,
    gone: difference.retracted,
    money: moneyBetween(curated.counts.sums, committed?.sums ?? NO_SUMS),
  };
}

function filesOf({ files }: CurateOutcome, outDir: string): readonly string[] {
  return files.map((file: CuratedFile) => join(outDir, 'curated', file.path));
}

/** now − before for each currency, over all statuses; never across currencies. */
function moneyBetween(now: Sums, before: Sums): readonly MoneyDifference[] {
  const cents = new Map<string, bigint>();
  for (const { currency, amountCents } of now.totals) cents.set(currency, (cents.get(currency) ?? 0n) + BigInt(amountCents));
  for (const { currency, amountCents } of before.totals) cents.set(currency, (cents.get(currency) ?? 0n) - BigInt(amountCents));
  return [...cents].filter(([, amount]) => amount !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, amount]) => ({ currency, amountCents: amount.toString() }));
}
