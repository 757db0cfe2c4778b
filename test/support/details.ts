/** What people see of a workflow in the Temporal UI: its current details, as Markdown. A worker must be there to answer. */
import type { WorkflowHandle } from '@temporalio/client';

export async function shownDetails(handle: WorkflowHandle): Promise<string> {
  return (await handle.query<{ readonly currentDetails?: string }>('__temporal_workflow_metadata')).currentDetails ?? '';
}
