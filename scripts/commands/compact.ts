/** `sluice compact`: puts a closed day's small files together, as the schedule does. */
import type { Command } from 'commander';
import type { CompactResult } from '../../contract/stages';
import { failedWorkflow } from '../../stores/failed-workflow';
import { connectTemporal } from '../../stores/temporal';
import { dateOption } from '../options';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import type { Terminal } from '../terminal';

export function addCompactCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('compact')
    .description('put a closed day’s small files together, one for each merchant; rows and proofs stay as they are')
    .requiredOption('--date <date>', 'the day of the payments, UTC, like 2026-11-20', dateOption)
    .action(async ({ date }: { readonly date: string }) => {
      const terminal = terminalOf();
      const configuration = await stackConfiguration();
      const client = await connectTemporal(configuration, stackEnvironment());
      try {
        // One at a time for each day: whoever asks meanwhile waits for that one.
        const result: CompactResult = await client.workflow.execute('compact', {
          workflowId: `compact/${date}`, taskQueue: configuration.SLUICE_TASK_QUEUE, args: [{ date }], workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `small files of ${date}`,
        }).catch((error: unknown) => {
          throw failedWorkflow(error, { kind: 'data', on: `compact/${date}`, fix: 'The day is as it was; see to it and start it again' });
        });
        terminal.result(result, () => textOf(result));
      } finally {
        await client.connection.close();
      }
    });
}

function textOf({ date, hours, left, skipped, filesBefore, filesAfter, rows }: CompactResult): string {
  const lines = [filesAfter === filesBefore && hours === 0 ? `${date}: nothing to put together (${filesBefore} files)` : `${date}: ${filesBefore} files became ${filesAfter}; ${rows} rows of ${hours} hours`];
  if (left > 0) lines.push(`${left} hours were left as they were: a run of theirs was first`);
  if (skipped > 0) lines.push(`${skipped} hours were not looked at: not proven, or a run is under way`);
  return lines.join('\n');
}
