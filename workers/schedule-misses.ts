/** What Temporal remembers of scheduled starts that came late or never, for the metrics. */
import type { Client } from '@temporalio/client';
import type { ScheduleMisses } from './metrics';

/** Several scrapers, and two gauges a scrape, ask for the same. */
const KEPT_MS = 10_000;

export function scheduleMissesOf(client: Client, workflowType = 'scheduledHour'): () => Promise<readonly ScheduleMisses[]> {
  let last: readonly ScheduleMisses[] = [];
  let asked: Promise<readonly ScheduleMisses[]> | undefined;
  let askedAt = 0;
  return () => {
    if (asked === undefined || Date.now() - askedAt > KEPT_MS) {
      askedAt = Date.now();
      // While Temporal is away the worker's other metrics are wanted all the more.
      asked = client.withDeadline(askedAt + 3_000, () => read(client, workflowType)).then((read) => (last = read), () => last);
    }
    return asked;
  };
}

async function read(client: Client, workflowType: string): Promise<readonly ScheduleMisses[]> {
  const misses: ScheduleMisses[] = [];
  for await (const summary of client.schedule.list()) {
    if (summary.action?.workflowType !== workflowType) continue;
    const { info, state } = await client.schedule.getHandle(summary.scheduleId).describe();
    const latest = info.recentActions.at(-1);
    const next = info.nextActionTimes[0];
    const late = latest === undefined ? 0 : latest.takenAt.getTime() - latest.scheduledAt.getTime();
    const overdue = next === undefined || state.paused ? 0 : Date.now() - next.getTime();
    misses.push({
      schedule: summary.scheduleId,
      missed: info.numActionsMissedCatchupWindow + info.numActionsSkippedOverlap,
      latenessSeconds: Math.max(0, late, overdue) / 1000,
    });
  }
  return misses;
}
