/**
 * retention: removes what is past its time, kind by kind and page by page, of hours that are proven or empty and of no others. A kind that
 * fails does not keep back the others; it fails the run at the end, by name. Killed anywhere, the next run takes what is left.
 */
import { ApplicationFailure, isCancellation, patched, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/registry';
import type { LandingHour } from '../contract/landing-hour';
import { RETAINED, type Retained, type RetainResult, type RetentionInput, type RetentionResult } from '../contract/retention';
import { messageOf } from './failure-kind';

const KEPT_NAMED = 100;

/** One that began before there was anything of the API ends without it. */
const API_TOO = 'what-the-api-keeps';

const { retain } = proxyActivities<Activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 10 },
});

export async function retention(input: RetentionInput = {}): Promise<RetentionResult> {
  if (typeof input !== 'object' || input === null || !['undefined', 'boolean'].includes(typeof input.dryRun)) {
    throw ApplicationFailure.nonRetryable(`not an input of retention (${JSON.stringify(input)}). Start it with {"dryRun": true} or {}`, 'usage');
  }
  const dryRun = input.dryRun === true;
  const removed: RetentionResult['removed'][number][] = [];
  const failed: string[] = [];
  for (const what of RETAINED) {
    if (what === 'api' && !patched(API_TOO)) continue;
    try {
      removed.push({ what, ...await all(what, dryRun) });
    } catch (error) {
      if (isCancellation(error)) throw error;
      failed.push(`${what}: ${messageOf(error)}`);
    }
    setCurrentDetails([
      ...(dryRun ? ['**nothing is removed: a dry run**'] : []),
      ...removed.map((one) => `- ${one.what}: ${one.hours} hours, ${one.objects} objects, ${one.bytes} bytes${one.changed === null ? '' : `, ${one.changed}`}`),
      ...failed.map((one) => `- **failed** ${one}`),
    ].join('\n'));
  }
  if (failed.length > 0) throw ApplicationFailure.nonRetryable(`not everything past its time was removed: ${failed.join('; ')}`, 'retention');
  return { dryRun, removed };
}

async function all(what: Retained, dryRun: boolean): Promise<Omit<RetainResult, 'after'>> {
  let sum: Omit<RetainResult, 'after'> = { hours: 0, objects: 0, bytes: 0, kept: [], changed: null };
  let after: LandingHour | null = null;
  do {
    const page: RetainResult = await retain.executeWithOptions({ summary: `${what}${dryRun ? ', dry run' : ''}` }, [{ what, after, dryRun }]);
    sum = {
      hours: sum.hours + page.hours, objects: sum.objects + page.objects, bytes: sum.bytes + page.bytes,
      kept: [...sum.kept, ...page.kept].slice(0, KEPT_NAMED), changed: page.changed,
    };
    after = page.after;
  } while (after !== null);
  return sum;
}
