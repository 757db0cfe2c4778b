/** What Temporal keeps of hours that ran: how many events each took, and how many activities. */
import type { Client } from '@temporalio/client';
import { hourWorkflowId, type LandingHour } from '../../contract/landing-hour';

/** As the history names it; the client does not export the enum. */
const ACTIVITY_SCHEDULED = 10;

export interface HourHistory {
  readonly events: number;
  readonly activities: number;
}

/** Of the last execution of each hour. */
export async function hourHistories(client: Client, hours: readonly LandingHour[]): Promise<readonly HourHistory[]> {
  const found: HourHistory[] = [];
  for (const hour of hours) {
    const { events } = await client.workflow.getHandle(hourWorkflowId(hour)).fetchHistory();
    const all = events ?? [];
    found.push({ events: all.length, activities: all.filter(({ eventType }) => eventType === ACTIVITY_SCHEDULED).length });
  }
  return found;
}
