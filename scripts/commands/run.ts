/** `sluice run`: asks for an hour's run, as the schedule and everybody else does. */
import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { Configuration } from '../../contract/configuration';
import type { LandingHour } from '../../contract/landing-hour';
import { equationOf } from '../../contract/proof';
import type { PublishMode, RunAnswer } from '../../contract/run';
import { openLedger } from '../../stores/ledger';
import { openPostgres } from '../../stores/postgres';
import { connectTemporal, Hours } from '../../stores/temporal';
import { LANDING_HOUR, landingHourOption, operator } from '../options';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import { EXIT, type Terminal } from '../terminal';

interface RunOptions {
  readonly landingHour: LandingHour;
  readonly wait?: boolean;
  readonly publish: PublishMode;
  readonly acceptGone?: boolean;
  readonly by?: string;
}

export function addRunCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('run')
    .description('ask for the run of a landing hour: attaches to one that will contain what has landed, or starts one')
    .requiredOption(LANDING_HOUR, 'the hour, UTC, like 2026-11-20T10', landingHourOption)
    .option('--wait', 'wait until the run is over; exit 1 unless it is proven or empty')
    .addOption(new Option('--publish <what>', 'publish what changed since the last loaded revision, or every row').choices(['changed', 'all']).default('changed'))
    .option('--accept-gone', 'accept that objects of the last run are no longer in the lake (audited)')
    .option('--by <name>', 'who asks, for the ledger (default: the login name)')
    .action(async (options: RunOptions) => {
      const terminal = terminalOf();
      const configuration = await stackConfiguration();
      const client = await connectTemporal(configuration, stackEnvironment());
      try {
        const asking = new Hours(client, configuration.SLUICE_TASK_QUEUE).request(options.landingHour, {
          requestId: randomUUID(),
          kind: 'manual',
          by: operator(options.by),
          publish: options.publish,
          acceptGone: options.acceptGone === true,
          waitFor: options.wait === true ? 'done' : 'accepted',
        });
        const answer = options.wait === true
          ? await withStagesShown(asking, options.landingHour, configuration, terminal)
          : await asking;
        terminal.result(answer, () => textOf(answer));
        if (options.wait === true && answer.state !== 'proven' && answer.state !== 'empty') process.exitCode = EXIT.failed;
      } finally {
        await client.connection.close();
      }
    });
}

export function textOf(answer: RunAnswer): string {
  const name = answer.revision === null ? answer.landingHour : `${answer.landingHour} r${answer.revision}`;
  if (answer.message === 'accepted') {
    return `${answer.attached ? 'attached to' : 'asked for'} ${answer.workflowId}, round ${answer.round} (run ${answer.workflowRunId})\n` +
      `See how it ends: npx sluice proof --landing-hour ${answer.landingHour}`;
  }
  const lines = [`${name}: ${answer.state}${answer.unchanged ? ' (nothing has changed)' : ''}`];
  if (answer.proof !== null) lines.push(equationOf(answer.proof.terms));
  if (answer.state !== 'proven') lines.push(answer.message);
  return lines.join('\n');
}

/** On a terminal, the last finished stage of the newest revision, from the ledger. */
async function withStagesShown<T>(asking: Promise<T>, hour: LandingHour, configuration: Configuration, terminal: Terminal): Promise<T> {
  if (!terminal.interactive) return asking;
  const postgres = openPostgres(configuration, 'reader');
  const ledger = openLedger(postgres);
  const timer = setInterval(() => {
    void ledger.newestRevision(hour).then(async (newest) => {
      if (newest === null) return;
      const done = (await ledger.stages(newest)).map((record) => record.stage);
      terminal.progress(`${hour} r${newest.revision}: ${done.join(' → ')} …`);
    }).catch(() => undefined);
  }, 500);
  try {
    return await asking;
  } finally {
    clearInterval(timer);
    await postgres.close();
  }
}
