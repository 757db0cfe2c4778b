/** `sluice backfill`: many hours of a range asked for, the list of backfills, and the live controls of one that is under way. */
import { randomUUID } from 'node:crypto';
import { Argument, type Command, Option } from 'commander';
import {
  BACKFILL_MODES, BACKFILL_ORDERS, backfillId, checkBackfillInput, DEFAULT_OPTIONS, type BackfillInput, type BackfillMode, type BackfillOptions, type BackfillOrder,
} from '../../contract/backfill';
import type { Configuration } from '../../contract/configuration';
import { SluiceError } from '../../contract/errors';
import type { LandingHour } from '../../contract/landing-hour';
import type { PublishMode } from '../../contract/run';
import { shownBackfills } from '../../activities/shown-backfills';
import { Backfills, type BackfillUpdate } from '../../stores/backfills';
import { openLedger } from '../../stores/ledger';
import { openPostgres } from '../../stores/postgres';
import { connectTemporal } from '../../stores/temporal';
import { follow, isFine, listText, optionsInForce, statusText, summaryText } from '../backfill-progress';
import { planText, planned } from '../backfill-plan';
import { landingHourOption, operator, wholeNumberOption } from '../options';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import { EXIT, type Terminal } from '../terminal';

interface StartOptions {
  readonly from?: LandingHour;
  readonly to?: LandingHour;
  readonly only?: BackfillMode;
  readonly parallel: number;
  readonly order: BackfillOrder;
  readonly canary: number;
  readonly stopAfterBroken: number;
  readonly publish: PublishMode;
  readonly dryRun?: boolean;
  readonly shadow?: boolean;
  readonly wait?: boolean;
  readonly by?: string;
}

interface WhichOptions {
  readonly from?: LandingHour;
  readonly to?: LandingHour;
  readonly shadow?: boolean;
  readonly why?: string;
}

const CONTROLS: readonly { readonly name: BackfillUpdate; readonly about: string; readonly takes?: 'hours' | 'hour' | 'why' }[] = [
  { name: 'pause', about: 'begin no further hour until it is resumed; those under way end', takes: 'why' },
  { name: 'resume', about: 'go on after a pause' },
  { name: 'parallel', about: 'how many hours may be under way at once', takes: 'hours' },
  { name: 'skip', about: 'leave an hour out that has not begun', takes: 'hour' },
  { name: 'retry', about: 'ask again for an hour that ended unproven or was skipped', takes: 'hour' },
  { name: 'cancel', about: 'end it for good: the runs that it started are cancelled and end whole; others’ go on', takes: 'why' },
];

export function addBackfillCommand(program: Command, terminalOf: () => Terminal): void {
  const backfill = program
    .command('backfill')
    .description('ask for the hours of a range, several at once; started again it attaches; exit 1 with --wait unless each is proven or empty')
    // `backfill pause --from H`: the option is pause's, not ours.
    .enablePositionalOptions()
    .option('--from <hour>', 'the first hour, UTC, like 2026-11-01T00', landingHourOption)
    .option('--to <hour>', 'the last hour, included', landingHourOption)
    .addOption(new Option('--only <mode>', 'which hours: never landed, run failed, broken, changed since they were loaded, or all (default: missing; all for a shadow)').choices(BACKFILL_MODES))
    .option('--parallel <n>', 'hours under way at once', wholeNumberOption(1), DEFAULT_OPTIONS.parallel)
    .addOption(new Option('--order <order>', 'which hours first').choices(BACKFILL_ORDERS).default(DEFAULT_OPTIONS.order))
    .option('--canary <n>', 'so many hours first, alone; stop if one is not proven or empty', wholeNumberOption(0), 0)
    .option('--stop-after-broken <n>', 'begin no further hour once so many are broken or failed', wholeNumberOption(0), 0)
    .addOption(new Option('--publish <what>', 'publish what changed since the last loaded revision, or every row').choices(['changed', 'all']).default('changed'))
    .option('--dry-run', 'show the hours, objects, bytes, rows to expect and what they would cost; start nothing')
    .option('--shadow', 'curate and compare with what is committed; publish and write nothing')
    .option('--wait', 'show progress until it is over')
    .option('--by <name>', 'who asks (default: the login name)')
    .action((options: StartOptions) => start(options, terminalOf()));

  for (const { name, about, takes } of CONTROLS) {
    const command = backfill.command(name).description(about);
    if (takes === 'hours') command.addArgument(new Argument('<n>', 'how many').argParser(wholeNumberOption(1)));
    if (takes === 'hour') command.addArgument(new Argument('<hour>', 'the hour, UTC').argParser(landingHourOption));
    addWhich(command);
    if (takes === 'why') command.option('--why <text>', 'shown with its state');
    const hasArgument = takes === 'hours' || takes === 'hour';
    command.action((...given: unknown[]) => {
      const [argument, id] = hasArgument ? [given[0], given[1]] : [undefined, given[0]];
      const options = given[hasArgument ? 2 : 1] as WhichOptions;
      return withBackfills(async (backfills) => {
        const status = await backfills.update(whichOf(id as string | undefined, options), name, argument ?? options.why);
        terminalOf().result(status, () => statusText(status));
      });
    });
  }

  addWhich(backfill.command('status').description('where a backfill stands; exit 1 if there is none'))
    .action((id: string | undefined, options: WhichOptions) => withBackfills(async (backfills) => {
      const which = whichOf(id, options);
      const status = await backfills.status(which);
      if (status === null) throw new SluiceError({ kind: 'transient', what: 'there is no such backfill', on: which, fix: 'Temporal keeps those that are over for its retention only' });
      terminalOf().result(status, () => statusText(status));
    }));

  backfill.command('list')
    .description('backfills, the newest first, also those that Temporal has forgotten')
    .option('--limit <n>', 'at most so many', wholeNumberOption(1), 20)
    .action(({ limit }: { limit: number }) => withBackfills(async (backfills, configuration) => {
      const postgres = openPostgres(configuration, 'reader');
      try {
        const found = await shownBackfills({ ledger: openLedger(postgres), backfills }, limit, null);
        terminalOf().result(found, () => listText(found));
      } finally {
        await postgres.close();
      }
    }));
}

function addWhich(command: Command): Command {
  return command
    .argument('[id]', 'like backfill/2026-11-01T00..2026-11-30T23')
    .option('--from <hour>', 'in place of the id: its first hour', landingHourOption)
    .option('--to <hour>', 'its last hour', landingHourOption)
    .option('--shadow', 'the shadow of that range');
}

function whichOf(id: string | undefined, { from, to, shadow }: WhichOptions): string {
  if (id !== undefined) return id;
  if (from !== undefined && to !== undefined) return backfillId(from, to, shadow === true);
  throw new SluiceError({ kind: 'usage', what: 'which backfill is not said', fix: 'Name its id, or --from and --to as it was started with' });
}

async function start(options: StartOptions, terminal: Terminal): Promise<void> {
  const { from, to, dryRun, wait, by, ...more } = options;
  if (from === undefined || to === undefined) {
    throw new SluiceError({ kind: 'usage', what: '--from and --to are needed', fix: 'Write npx sluice backfill --from 2026-11-01T00 --to 2026-11-30T23' });
  }
  // Here too, so that a wrong range is a sentence and not a failed workflow.
  const checked: BackfillInput & BackfillOptions = checkBackfillInput({ ...more, from, to }, new Date());
  if (dryRun === true) {
    const plan = await planned(await stackConfiguration(), checked);
    terminal.result(plan, () => planText(plan));
    return;
  }
  await withBackfills(async (backfills) => {
    const startToken = randomUUID();
    const id = await backfills.start({ ...checked, by: operator(by), startToken });
    if (wait !== true) {
      // Without a worker nobody can say where it stands yet; it is started all the same.
      const status = await backfills.status(id, 0).catch(() => null);
      const attached = status === null ? null : status.startToken !== startToken;
      terminal.result({ backfillId: id, attached, status }, () => `${attached === true ? 'attached to' : 'started'} ${id}\n${optionsInForce(status, checked)}See where it stands: npx sluice backfill status ${id}`);
      return;
    }
    const summary = await follow(backfills, id, { startToken, wanted: checked }, terminal);
    terminal.result(terminal.json ? { event: 'over', ...summary } : summary, () => summaryText(summary));
    if (!isFine(summary)) process.exitCode = EXIT.failed;
  });
}

async function withBackfills(work: (backfills: Backfills, configuration: Configuration) => Promise<void>): Promise<void> {
  const configuration = await stackConfiguration();
  const client = await connectTemporal(configuration, stackEnvironment());
  try {
    await work(new Backfills(client, configuration.SLUICE_TASK_QUEUE), configuration);
  } finally {
    await client.connection.close();
  }
}
