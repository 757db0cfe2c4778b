/** sweepReplaced: removes the files of replaced revisions, in portions, until there are none past their grace. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/registry';
import type { SweepResult } from '../contract/stages';

const PORTIONS_AT_MOST = 100;

const { sweep } = proxyActivities<Activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '15 seconds',
  // The next scheduled start goes on where this one stopped.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 10 },
});

export async function sweepReplaced(): Promise<SweepResult> {
  let revisions = 0;
  let objects = 0;
  for (let portion = 0; portion < PORTIONS_AT_MOST; portion += 1) {
    const swept = await sweep();
    revisions += swept.revisions;
    objects += swept.objects;
    if (!swept.more) return { revisions, objects, more: false };
  }
  return { revisions, objects, more: true };
}
