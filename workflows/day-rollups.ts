/** A day's roll-ups in its reconciliation: compared with the stores, made again after the rows that they are sums of are right. */
import { isCancellation } from '@temporalio/workflow';
import { causesText } from '../contract/reconciled-day';
import type { CompareRollupsInput, RollupFindings, RollupsComparison } from '../contract/reconciled-rollups';
import { compareRollups, repairRollups } from './day-activities';
import type { DayView } from './day-view';
import { messageOf } from './failure-kind';

export interface RollupsSeen {
  /** null: they could not be compared, or were not looked at */
  readonly compared: RollupsComparison | null;
  readonly failed: readonly string[];
}

export const NOT_LOOKED_AT: RollupsSeen = { compared: null, failed: [] };

export async function seeRollups(input: CompareRollupsInput, view: DayView): Promise<RollupsSeen> {
  view.say('comparing the roll-ups');
  try {
    const compared = await compareRollups(input);
    const { cells, differing, causes, seconds } = compared;
    view.learn(`- roll-ups: ${cells} cells in ${seconds.toFixed(1)} s, ${differing === 0 ? 'equal' : `**${causesText(causes)}**`}`);
    return { compared, failed: [] };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failure = `the roll-ups could not be compared: ${messageOf(error)}`;
    view.learn(`- ${failure}`);
    return { compared: null, failed: [failure] };
  }
}

/** Every cell of the day, and compared again. A failure is a finding: the rest of the day is told all the same. */
export async function mendRollups(of: Omit<CompareRollupsInput, 'round'>, found: RollupsComparison, by: string, view: DayView): Promise<NonNullable<RollupFindings['repair']>> {
  const { differing: cells, causes, differencesKey } = found;
  view.say(`making the roll-ups of ${of.date} again from its payments`);
  const message = await (async (): Promise<string | null> => {
    try {
      await repairRollups.executeWithOptions({ summary: `roll-ups of ${of.date}` }, [{ ...of, by, cells, causes, differencesKey: differencesKey! }]);
    } catch (error) {
      if (isCancellation(error)) throw error;
      return messageOf(error);
    }
    const { compared, failed } = await seeRollups({ ...of, round: 2 }, view);
    return failed[0] ?? compared!.first;
  })();
  return { cells, by, at: new Date().toISOString(), outcome: message === null ? 'healed' : 'failed', message: message ?? 'compared again: equal' };
}
