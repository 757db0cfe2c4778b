/**
 * prove: holds the lake, the topic and Postgres against each other (contract, section 5) and writes the proof, into the ledger and
 * into the lake; where the run ends with it, the ledger learns that too. Reads the stores anew each time; the terms come from the ledger's
 * stages. Reads, then writes that may be repeated.
 */
import { checkControl } from '../contract/control-totals';
import { SluiceError } from '../contract/errors';
import { endOf, judge, verdictOf, type Verdict } from '../contract/proof';
import { NO_SUMS, type Sums } from '../contract/sums';
import type { CurateResult, LoadResult, ProveInput, PublishResult, RevisionRef } from '../contract/stages';
import type { Engine, JobControl } from '../engines/engine';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { Payments } from '../stores/payments';
import { sumsInLake } from './audit';
import { readCommit } from './committed';
import { readCurateSummary } from './curate';
import { keepProofRecord } from './proof-record';
import { recordedStage } from './recorded-stage';

export interface ProveParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly payments: Payments;
  readonly workDir: string;
}

export function createProve({ lake, ledger, engine, payments, workDir }: ProveParts) {
  return recordedStage('prove', ledger, async (input: ProveInput, control: JobControl): Promise<Verdict> => {
    const { landingHour, revision } = input;
    const curated = needed(await ledger.stageResult<CurateResult>(input, 'curate'), 'curate', input);
    const published = needed(await ledger.stageResult<PublishResult>(input, 'publish'), 'publish', input);
    const loaded = needed(await ledger.stageResult<LoadResult>(input, 'load'), 'load', input);
    const { counts, control: producers } = await readCurateSummary(lake, curated.summaryKey);
    const current = await readCommit(lake, landingHour);
    // The server adds up while the engine does, each by itself.
    const inPostgres = payments.hourSums(landingHour);
    // Where the lake fails first, nobody waits for it.
    inPostgres.catch(() => undefined);
    // Another revision in the lake than the one loaded is a difference that the sums will name.
    const inLake = current === null || current.commit.revision === 0
      ? FOUND_NOTHING : await found(() => sumsInLake({ lake, engine, workDir }, landingHour, current.commit.files, control));
    const proof = judge({
      landingHour,
      revision,
      terms: {
        lines: counts.lines, blank: counts.blank, deadLettered: counts.dead, erased: counts.erased, duplicates: counts.duplicates,
        curated: counts.curated, base: published.base, new: published.new, retracted: published.retracted,
        unchanged: published.unchanged.rows, upserted: published.upserted, published: published.published,
        won: loaded.won, updated: loaded.updated, stale: loaded.stale, alreadyThere: loaded.alreadyThere,
      },
      stores: { lake: inLake.sums, topic: published.upsertsRead, postgres: await inPostgres },
      unchanged: published.unchanged,
      retractsRead: published.retractsRead,
      quarantined: counts.quarantined,
      rawGone: [],
      lakeGone: inLake.gone,
      ...(producers === undefined ? {} : { control: checkControl(producers.reading, producers.sent) }),
    });
    await ledger.saveProof(proof);
    await keepProofRecord({ lake, ledger }, proof, { lines: counts.dead, reasons: counts.reasons });
    const verdict = verdictOf(proof);
    if (input.ends !== undefined) await ledger.endRun({ ...input.ends, ...endOf(verdict, input.ends.unchanged) });
    return verdict;
  });
}

interface FoundInLake {
  readonly sums: Sums;
  readonly gone: string | null;
}

const FOUND_NOTHING: FoundInLake = { sums: NO_SUMS, gone: null };

/** A file that is gone is what the proof has to say, not a reason to try until it comes back. */
async function found(sums: () => Promise<Sums>): Promise<FoundInLake> {
  try {
    return { sums: await sums(), gone: null };
  } catch (error) {
    if (error instanceof SluiceError && error.fields.code === 'NoSuchKey') return { sums: NO_SUMS, gone: String(error.fields.on) };
    throw error;
  }
}

function needed<T>(result: T | null, stage: string, input: RevisionRef): T {
  if (result !== null) return result;
  throw new SluiceError({
    kind: 'data', what: `the ledger knows no ${stage} of this revision`, on: `${input.landingHour} r${input.revision}`,
    fix: 'Ask for the hour again with `npx sluice run --publish all`',
  });
}
