/** `sluice retention`: what is past its time goes, as the schedule does it; or is shown. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Configuration } from '../../contract/configuration';
import { RETENTION, type RetentionResult } from '../../contract/retention';
import { failedWorkflow } from '../../stores/failed-workflow';
import { connectTemporal } from '../../stores/temporal';
import { operator } from '../options';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import { table, type Terminal } from '../terminal';

interface RetentionOptions {
  readonly dryRun?: boolean;
  readonly by?: string;
}

export function addRetentionCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('retention')
    .description('remove what is past its time (SLUICE_RETENTION_…), of proven hours only, as the schedule does daily; exit 1 if a part failed')
    .option('--dry-run', 'show what would go; nothing is removed and nothing changed')
    .option('--by <name>', 'who asks, for the Temporal UI (default: the login name)')
    .addHelpText('after', `
Removes
${Object.values(RETENTION).map(({ setting, removes, since }) => `  ${setting}: ${removes}; since ${since}`).join('\n')}

The worker's settings count, not those of this shell.`)
    .action(async (options: RetentionOptions) => {
      const terminal = terminalOf();
      const result = await applied(await stackConfiguration(), options);
      terminal.result(result, () => textOf(result));
    });
}

async function applied(configuration: Configuration, { dryRun, by }: RetentionOptions): Promise<RetentionResult> {
  const client = await connectTemporal(configuration, stackEnvironment());
  const workflowId = `retention/${randomUUID()}`;
  try {
    return await client.workflow.execute('retention', {
      workflowId,
      taskQueue: configuration.SLUICE_TASK_QUEUE,
      args: [{ dryRun: dryRun === true }],
      staticSummary: dryRun === true ? 'retention, dry run' : 'retention',
      staticDetails: `asked for by ${operator(by)}`,
    }) as RetentionResult;
  } catch (error) {
    throw failedWorkflow(error, { kind: 'transient', on: workflowId, fix: 'Repair it and start it again; what was removed stays removed' });
  } finally {
    await client.connection.close();
  }
}

function textOf({ dryRun, removed }: RetentionResult): string {
  const lines = [
    ...(dryRun ? ['Nothing was removed: this is what would go.'] : []),
    table(
      [{ title: dryRun ? 'would go' : 'removed' }, { title: 'hours', right: true }, { title: 'objects', right: true }, { title: 'bytes', right: true }, { title: '' }],
      removed.map(({ what, hours, objects, bytes, changed }) => [what, String(hours), String(objects), String(bytes), changed ?? '']),
    ),
  ];
  const kept = removed.flatMap((one) => one.kept);
  if (kept.length > 0) {
    lines.push('', table([{ title: 'past its time, and kept' }, { title: 'why' }], kept.map(({ landingHour, why }) => [landingHour, why])));
  }
  return lines.join('\n');
}
