/** So many activities that do nothing, one after the other: what Temporal takes for an hour's steps before a step has done anything. */
import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

export async function roundTrips(activities: number): Promise<void> {
  for (let i = 0; i < activities; i += 1) await nothing();
}
