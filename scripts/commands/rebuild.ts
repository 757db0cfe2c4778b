/** `sluice rebuild`: stores that can be made again from the lake. */
import type { Command } from 'commander';
import type { Client } from '@temporalio/client';
import type { Configuration } from '../../contract/configuration';
import { REBUILD_POSTGRES_ID, type RebuildSummary } from '../../contract/rebuild';
import { failedWorkflow } from '../../stores/failed-workflow';
import { migrate } from '../../stores/migrations';
import { openPostgres } from '../../stores/postgres';
import { connectTemporal } from '../../stores/temporal';
import { operator } from '../options';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import { EXIT, table, type Terminal } from '../terminal';

export function addRebuildCommand(program: Command, terminalOf: () => Terminal): void {
  const rebuild = program.command('rebuild').description('make a store again from the lake');

  rebuild
    .command('postgres')
    .description('make Postgres and the ledger’s proofs again from the lake alone, after a loss or a restore; exit 1 if an hour is not proven')
    .option('--by <name>', 'who asks, for the ledger (default: the login name)')
    .addHelpText('after', `
Applies migrations first, then goes over every hour of the lake: rows, ledger, proof. What Postgres has as it should be stays, so a second
run finds nothing to do, and one that was interrupted goes on. Nothing is published, but for hours whose revision was never proven: those are
run again from their raw objects, with every row. Needs a worker and SLUICE_POSTGRES_OWNER_URL. Pause the schedules meanwhile:
npx sluice schedules pause --all`)
    .action(async ({ by }: { readonly by?: string }) => {
      const terminal = terminalOf();
      const configuration = await stackConfiguration();
      await migrated(configuration, terminal);
      const client = await connectTemporal(configuration, stackEnvironment());
      try {
        const summary = await rebuilt(client, configuration, operator(by), terminal);
        terminal.result(summary, () => textOf(summary));
        if (summary.notProven.length > 0) process.exitCode = EXIT.failed;
      } finally {
        await client.connection.close();
      }
    });
}

async function migrated(configuration: Configuration, terminal: Terminal): Promise<void> {
  const owner = openPostgres(configuration, 'owner');
  try {
    const { applied } = await migrate(owner);
    terminal.say(`postgres: ${applied.length === 0 ? 'tables are up to date' : `${applied.length} migrations applied`}`);
  } finally {
    await owner.close();
  }
}

/** One at a time: asked for while one goes on, it waits for that one. */
async function rebuilt(client: Client, configuration: Configuration, by: string, terminal: Terminal): Promise<RebuildSummary> {
  const handle = await client.workflow.start('rebuildPostgres', {
    workflowId: REBUILD_POSTGRES_ID,
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue: configuration.SLUICE_TASK_QUEUE,
    args: [{ by }],
    staticSummary: 'Postgres from the lake',
    staticDetails: `asked for by ${by}`,
  });
  const timer = terminal.interactive ? setInterval(() => {
    void handle.query<RebuildSummary>('rebuildStatus').then((summary) => {
      terminal.progress(`${summary.hours} hours, ${summary.rows} rows, ${summary.notProven.length} not proven …`);
    }).catch(() => undefined);
  }, 1000) : undefined;
  try {
    // Following the executions that go on from it.
    return await handle.result() as RebuildSummary;
  } catch (error) {
    throw failedWorkflow(error, { kind: 'transient', what: 'the rebuilding of Postgres failed', on: REBUILD_POSTGRES_ID, fix: 'What was rebuilt stays; start it again' });
  } finally {
    clearInterval(timer);
  }
}

function textOf(summary: RebuildSummary): string {
  const { hours, rows, proven, empty, notProven, unchanged, loaded, ledgerOnly, run } = summary;
  const lines = [`${hours} hours, ${rows} rows: ${proven} proven, ${empty} empty, ${notProven.length} not proven`];
  lines.push(unchanged === hours ? 'Nothing to do: Postgres has what the lake shows.'
    : `${loaded} loaded, ${ledgerOnly} only in the ledger, ${run.length} run again, ${unchanged} as they should be`);
  if (run.length > 0) lines.push(`run again from raw and published whole: ${run.join(', ')}`);
  if (!summary.topicAsked) lines.push('Kafka did not answer; the numbers of revisions are those of the lake.');
  if (notProven.length > 0) {
    lines.push('', table([{ title: 'not proven' }, { title: 'state' }, { title: 'why' }], notProven.map(({ landingHour, state, message }) => [landingHour, state, message])));
  }
  return lines.join('\n');
}
