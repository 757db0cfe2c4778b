/**
 * The files of a compaction, merged by Spark where they lie. It writes staging and nothing else; from there they are copied to where the
 * plan has them. A compaction that starts over has another plan, but the same files make the same work, so it takes over what there is.
 */
import type { CompactionPlan } from '../contract/compaction';
import { SluiceError } from '../contract/errors';
import { CURATED_PREFIX } from '../contract/lake-layout';
import type { LakeCurateControl } from '../engines/engine';
import type { MergeOutcome, NightlyEngine, NightlyFile } from '../engines/nightly';
import type { Lake } from '../stores/lake';

export interface MergedElsewhereParts {
  readonly lake: Lake;
  readonly nightly: NightlyEngine;
}

export async function mergedElsewhere({ lake, nightly }: MergedElsewhereParts, plan: CompactionPlan, control: LakeCurateControl): Promise<MergeOutcome> {
  const etags = new Map((await lake.list(`${CURATED_PREFIX}dt=${plan.date}/`)).map(({ key, etag }) => [key, etag]));
  const merges = plan.merges.map(({ inputs }) => ({
    files: inputs.map(({ key, bytes, shared, hours }): NightlyFile => {
      const etag = etags.get(key);
      if (etag === undefined) {
        throw new SluiceError({ kind: 'data', what: 'a file that commits name is not in the lake', on: key, fix: 'Reconcile the day, then compact it again', fields: { key } });
      }
      return { key, etag, bytes, landingHours: shared ? hours.map(({ landingHour }) => landingHour) : null };
    }),
  }));
  control.progress({ step: `merging ${merges.length} files by ${nightly.name}` });
  const outcome = await nightly.merge({ date: plan.date, merges }, control);
  control.signal.throwIfAborted();
  await lake.copyAll(outcome.merged.map(({ key }, i) => ({ from: key, to: plan.merges[i]!.key })), (count) => {
    control.progress({ step: `placing file ${count} of ${merges.length}` });
  });
  return outcome;
}
