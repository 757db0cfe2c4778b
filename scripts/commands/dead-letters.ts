/** `sluice dead-letters`: what was refused, why, and how it is landed again. */
import { type Command, Option } from 'commander';
import { createRedrive, type RedriveCase, type RedriveResult } from '../../activities/redrive';
import type { LandingHour } from '../../contract/landing-hour';
import { REASONS, type Reason } from '../../contract/payment';
import { openLake, type Lake } from '../../stores/lake';
import { openLedger, type Ledger } from '../../stores/ledger';
import { openPostgres } from '../../stores/postgres';
import { connectTemporal, Hours } from '../../stores/temporal';
import { chosenCases, groupsOf, viewOf, type ListOptions, type ShowOptions } from '../dead-letter-cases';
import { shownCase, shownGroups, shownRedrive } from '../dead-letter-view';
import { LANDING_HOUR, landingHourOption, operator, wholeNumberOption } from '../options';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import { EXIT, type Terminal } from '../terminal';

interface RedriveOptions {
  readonly landingHour?: LandingHour;
  readonly reason?: Reason;
  readonly with?: string;
  readonly wait?: boolean;
  readonly by?: string;
}

export function addDeadLettersCommand(program: Command, terminalOf: () => Terminal): void {
  const reason = (): Option => new Option('--reason <code>', 'only lines refused for this reason').choices(REASONS);
  const deadLetters = program.command('dead-letters').description('lines that were refused: list them, look at one, land them again');

  deadLetters
    .command('list')
    .description('refused lines of the hours’ current revisions by reason, with counts and a few cases each')
    .option(LANDING_HOUR, 'only this hour', landingHourOption)
    .addOption(reason())
    .option('--samples <n>', 'cases shown for each reason', wholeNumberOption(0), 3)
    .action((options: ListOptions) => withStores('reader', async ({ ledger }) => {
      const groups = await groupsOf(ledger, options);
      terminalOf().result({ groups }, () => shownGroups(groups));
    }));

  deadLetters
    .command('show')
    .description('one case: the line (card numbers masked), its reasons and where it came from')
    .argument('<case>', 'a case of `dead-letters list`')
    .option('--raw', 'the line as it landed, card numbers and all; who looked is written down first')
    .option('--by <name>', 'who looks, for the audit (default: the login name)')
    .action((caseId: string, options: ShowOptions) => withStores('loader', async ({ lake, ledger }) => {
      const view = await viewOf(lake, ledger, caseId, options);
      terminalOf().result(view, () => shownCase(view));
    }));

  deadLetters
    .command('redrive')
    .description('land refused lines again, corrected or as they were, in the hour they came from, and ask for its run')
    .argument('[case...]', 'cases of `dead-letters list`; or --landing-hour and --reason; or the cases of --with FILE')
    .option(LANDING_HOUR, 'all cases of this hour that have the --reason', landingHourOption)
    .addOption(reason())
    .option('--with <file>', 'corrected lines: one for each case, in their order, or {"case": "…", "line": …} on each line')
    .option('--wait', 'wait until the run is over; exit 1 unless it is proven')
    .option('--by <name>', 'who asks, for the audit (default: the login name)')
    .addHelpText('after', '\nThe same lines redriven twice land once. The originals stay counted as dead letters, linked to their new lines.')
    .action((cases: readonly string[], options: RedriveOptions) => withStores('loader', async ({ lake, ledger }) => {
      const chosen = await chosenCases(lake, ledger, cases, options);
      const results = await redriveAll(lake, ledger, chosen, options);
      terminalOf().result({ redriven: results }, () => results.map(shownRedrive).join('\n'));
      if (options.wait === true && results.some(({ run }) => run.state !== 'proven')) process.exitCode = EXIT.failed;
    }));
}

interface Stores {
  readonly lake: Lake;
  readonly ledger: Ledger;
}

async function withStores(role: 'reader' | 'loader', work: (stores: Stores) => Promise<void>): Promise<void> {
  const configuration = await stackConfiguration();
  const postgres = openPostgres(configuration, role);
  const lake = openLake(configuration);
  try {
    await work({ lake, ledger: openLedger(postgres) });
  } finally {
    lake.close();
    await postgres.close();
  }
}

async function redriveAll(lake: Lake, ledger: Ledger, cases: readonly RedriveCase[], options: RedriveOptions): Promise<readonly RedriveResult[]> {
  const configuration = await stackConfiguration();
  const client = await connectTemporal(configuration, stackEnvironment());
  try {
    const redrive = createRedrive({ lake, ledger, hours: new Hours(client, configuration.SLUICE_TASK_QUEUE) });
    const results: RedriveResult[] = [];
    for (const landingHour of [...new Set(cases.map(({ letter }) => letter.landingHour))].sort()) {
      results.push(await redrive({
        landingHour,
        cases: cases.filter(({ letter }) => letter.landingHour === landingHour),
        by: operator(options.by),
        waitFor: options.wait === true ? 'done' : 'accepted',
      }));
    }
    return results;
  } finally {
    await client.connection.close();
  }
}
