/** `sluice reconcile`: a day's stores against what was proven; what is to be repaired is approved or refused here. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Client } from '@temporalio/client';
import { moneyText } from '../../contract/amount-text';
import type { Configuration } from '../../contract/configuration';
import { SluiceError } from '../../contract/errors';
import { isUtcDate } from '../../contract/landing-hour';
import { causesText, reconcileWorkflowId, type DayReport, type ReconcileAnswer } from '../../contract/reconciled-day';
import { REPAIR_MODES, type RepairMode } from '../../contract/reconciliation';
import { Days } from '../../stores/days';
import { openLedger, type Ledger } from '../../stores/ledger';
import type { LedgerReconciliation, LedgerRepair, LedgerRollupRepair } from '../../stores/ledger-reconciliations';
import { openPostgres } from '../../stores/postgres';
import { connectTemporal } from '../../stores/temporal';
import { operator } from '../options';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import { EXIT, table, type Terminal } from '../terminal';

const DATE = '--date <date>';
const DATE_IS = 'the day, UTC, like 2026-11-20';
const GOOD: readonly string[] = ['agrees', 'repaired'];

interface ReconcileOptions {
  readonly date?: string;
  readonly repair: RepairMode;
  readonly deep?: true;
  readonly wait: boolean;
  readonly by?: string;
}

export function addReconcileCommand(program: Command, terminalOf: () => Terminal): void {
  const reconcile = program
    .command('reconcile')
    // `reconcile show --date D`: the option is that of the word before it.
    .enablePositionalOptions()
    .description('hold every store against what was proven of a day; exit 1 unless the day agrees or was repaired')
    // Not a required option: it would be required of `reconcile show` too, in front of `show`.
    .option(DATE, DATE_IS, dateOption)
    .addOption(new Option('--repair <mode>', 'repair up to the cap by itself, only what somebody approves, or nothing').choices(REPAIR_MODES).default('off'))
    .option('--deep', 'also read files and rows that are as they were when they were last found right')
    .option('--no-wait', 'start it and go')
    .option('--by <name>', 'who asks, for the ledger (default: the login name)')
    .action((options: ReconcileOptions) => withDays(async ({ days, ledger }) => {
      if (options.date === undefined) throw new SluiceError({ kind: 'usage', what: 'no date is given', fix: 'Name the day with --date 2026-11-20' });
      const terminal = terminalOf();
      const { date } = options;
      const { handle, attached } = await days.start({ date, repair: options.repair, by: operator(options.by), deep: options.deep === true });
      if (attached) {
        const [going] = await ledger.reconciliations(date, 1);
        terminal.say(`${handle.workflowId} is going on already${going === undefined ? '' : `, asked for by ${going.by} with --repair ${going.mode}`}: this waits for that one`);
      }
      if (!options.wait) {
        terminal.result({ workflowId: handle.workflowId, date }, () => `${handle.workflowId} goes on. See how it ends: npx sluice reconcile show --date ${date}`);
        return;
      }
      const answer = await shown(days.answer(handle), ledger, date, terminal);
      terminal.result(answer, () => answerText(answer));
      if (!GOOD.includes(answer.state)) process.exitCode = EXIT.failed;
    }));

  reconcile
    .command('show')
    .description('what the last reconciliation of a day found, decided and repaired; exit 1 unless the day agrees or was repaired')
    .requiredOption(DATE, DATE_IS, dateOption)
    .action(({ date }: { date: string }) => withDays(async ({ ledger }) => {
      const [last] = await ledger.reconciliations(date, 1);
      const repairs = last === undefined ? [] : await ledger.repairs(last.reconciliationId);
      const rollupRepair = last === undefined ? null : await ledger.rollupRepair(last.reconciliationId);
      terminalOf().result(last === undefined ? { date, state: 'none' } : { ...last, repairs, rollupRepair }, () => (last === undefined
        ? `${date} was never reconciled. Do it with: npx sluice reconcile --date ${date}`
        : shownText(last, repairs, rollupRepair)));
      if (last === undefined || !GOOD.includes(last.state)) process.exitCode = EXIT.failed;
    }));

  reconcile
    .command('approve')
    .description('let the repairs that wait be done')
    .requiredOption(DATE, DATE_IS, dateOption)
    .option('--by <name>', 'who approves (default: the login name)')
    .action(({ date, by }: { date: string; by?: string }) => withDays(async ({ days, ledger }) => {
      const status = await days.approve(await waiting(ledger, date), operator(by));
      terminalOf().result(status, () => `${date}: approved by ${operator(by)}. See how it ends: npx sluice reconcile show --date ${date}`);
    }));

  reconcile
    .command('refuse')
    .description('leave everything as it is')
    .requiredOption(DATE, DATE_IS, dateOption)
    .requiredOption('--why <text>', 'what is wrong with it, for the ledger')
    .option('--by <name>', 'who refuses (default: the login name)')
    .action(({ date, why, by }: { date: string; why: string; by?: string }) => withDays(async ({ days, ledger }) => {
      const status = await days.refuse(await waiting(ledger, date), operator(by), why);
      terminalOf().result(status, () => `${date}: refused by ${operator(by)}; nothing is touched`);
    }));
}

function dateOption(text: string): string {
  if (isUtcDate(text)) return text;
  throw new InvalidArgumentError('Write a UTC date like 2026-11-20.');
}

async function withDays(work: (parts: { readonly days: Days; readonly ledger: Ledger }) => Promise<void>): Promise<void> {
  const configuration: Configuration = await stackConfiguration();
  const client: Client = await connectTemporal(configuration, stackEnvironment());
  const postgres = openPostgres(configuration, 'reader');
  try {
    await work({ days: new Days(client, configuration.SLUICE_TASK_QUEUE), ledger: openLedger(postgres) });
  } finally {
    await postgres.close();
    await client.connection.close();
  }
}

async function waiting(ledger: Ledger, date: string): Promise<LedgerReconciliation> {
  const found = (await ledger.reconciliations(date)).find(({ state }) => state === 'waiting');
  if (found !== undefined) return found;
  throw new SluiceError({
    kind: 'usage', what: 'no repair of that day waits for approval', on: reconcileWorkflowId(date), fix: `See how the day stands: npx sluice reconcile show --date ${date}`,
  });
}

/** Whoever waits must learn that it waits for somebody. */
async function shown<T>(answer: Promise<T>, ledger: Ledger, date: string, terminal: Terminal): Promise<T> {
  let said = false;
  const timer = setInterval(() => {
    void ledger.reconciliations(date, 1).then(([last]) => {
      if (said || last?.state !== 'waiting') return;
      said = true;
      terminal.say(`${date} waits for approval: ${last.message}\napprove it: npx sluice reconcile approve --date ${date}`);
    }).catch(() => undefined);
  }, 1000);
  try {
    return await answer;
  } finally {
    clearInterval(timer);
  }
}

function answerText({ date, state, message, differing, repairs, htmlKey }: ReconcileAnswer): string {
  const lines = [`${date}: ${state.replaceAll('_', ' ')}`, message];
  for (const { store, causes, money } of differing) lines.push(`${store}: ${causesText(causes)}${money.map(({ currency, amountCents }) => `, ${moneyText(amountCents, currency)}`).join('')}`);
  for (const repair of repairs) lines.push(`${repair.action} ${repair.landingHour} (${repair.stores.join(', ')}), approved by ${repair.by}: ${repair.outcome}: ${repair.message}`);
  lines.push(`report: ${htmlKey}`);
  return lines.join('\n');
}

function shownText(last: LedgerReconciliation, repairs: readonly LedgerRepair[], rollupRepair: LedgerRollupRepair | null): string {
  const report = last.report as DayReport | null;
  const lines = [
    `${last.date}: ${last.state.replaceAll('_', ' ')} (repair ${last.mode}, asked for by ${last.by}, ${last.startedAt})`,
    ...(last.message === null ? [] : [last.message]),
    ...(last.state === 'waiting' ? [`approve it: npx sluice reconcile approve --date ${last.date}`] : []),
    ...(last.decision === null ? [] : [`${last.decision.decision.replace('_', ' ')} by ${last.decision.by}${last.decision.why === null ? '' : `: ${last.decision.why}`}`]),
  ];
  if (report !== null) {
    const differing = new Map(report.differing.map((store) => [store.store, store]));
    lines.push('', table(
      [{ title: 'store' }, { title: 'rows', right: true }, { title: 'hours that differ', right: true }, { title: 'what differs' }, { title: 'seconds', right: true }],
      report.compared.map((store) => [
        store.store, String(store.rows), String(store.hours.length), causesText(differing.get(store.store)?.causes ?? {}) || 'equal', store.seconds.toFixed(1),
      ]),
    ));
    for (const problem of report.problems) lines.push(problem);
    if (report.differences.length > 0) {
      lines.push('', table(
        [{ title: 'store' }, { title: 'hour' }, { title: 'payment' }, { title: 'cause' }, { title: 'expected' }, { title: 'found' }],
        report.differences.slice(0, 20).map(({ store, landingHour, paymentId, cause, expected, found }) => [
          store, landingHour, paymentId, cause, ...[expected, found].map((row) => (row === null ? '–' : `${moneyText(row.amountCents, row.currency)} ${row.status}`)),
        ]),
      ));
      if (report.differencesInAll > 20) lines.push(`and ${report.differencesInAll - 20} more`);
    }
    if (report.rollupDifferences !== undefined && report.rollupDifferences.length > 0) {
      lines.push('', table(
        [{ title: 'roll-up' }, { title: 'cell' }, { title: 'cause' }, { title: 'the payments' }, { title: 'the roll-up' }],
        report.rollupDifferences.slice(0, 20).map(({ rollup, cell, cause, expected, found }) => [
          rollup, Object.values(cell).join(' '), cause, ...[expected, found].map((side) => (side === null ? '–' : Object.values(side).join(' '))),
        ]),
      ));
    }
  }
  for (const repair of repairs) {
    lines.push(`${repair.action} ${repair.landingHour} r${repair.revision} (${repair.stores.join(', ')}), approved by ${repair.by}: ${repair.outcome ?? 'not over'}${repair.message === null ? '' : `: ${repair.message}`}`);
  }
  if (rollupRepair !== null) {
    lines.push(`${rollupRepair.cells} cells of the roll-ups made again from the payments, approved by ${rollupRepair.by}: ${rollupRepair.outcome ?? 'not over'}${rollupRepair.message === null ? '' : `: ${rollupRepair.message}`}`);
  }
  if (last.htmlKey !== null) lines.push('', `report: ${last.htmlKey}`);
  return lines.join('\n');
}
