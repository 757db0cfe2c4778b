/** `sluice report`: a day's report to its recipients, once its hours are proven; what was sent to whom. */
import type { Command } from 'commander';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ReportRecipients } from '../../activities/report-recipients';
import type { Configuration } from '../../contract/configuration';
import { DEADLINE_AT_MOST_HOURS, holdingText, type DailyReportAnswer, type ReportRef } from '../../contract/daily-report';
import { SluiceError } from '../../contract/errors';
import { shownAddress } from '../../contract/report-recipients';
import { webhookKeyOf, webhookKeyText } from '../../contract/webhook-signature';
import { DailyReports } from '../../stores/daily-reports';
import { openLedger } from '../../stores/ledger';
import type { ReportDelivery, ReportRevision } from '../../stores/ledger-reports';
import { openPostgres } from '../../stores/postgres';
import { dateOption, merchantOption, operator, wholeNumberOption } from '../options';
import { stackConfiguration } from '../stack/environment';
import { EXIT, table, type Terminal } from '../terminal';
import { withTemporal } from '../with-temporal';

const DATE = '--date <date>';
const DATE_IS = 'the day of the payments, UTC, like 2026-11-20';
const MERCHANT = '--merchant <id>';
const LOOK_EVERY_MS = 1_000;

interface AskOptions {
  readonly date?: string;
  readonly merchant?: string;
  readonly acceptMissing?: true;
  readonly deadlineHours?: number;
  readonly wait?: true;
  readonly by?: string;
}

export function addReportCommand(program: Command, terminalOf: () => Terminal): void {
  const report = program
    .command('report')
    // `report show --date D`: the option is that of the word before it.
    .enablePositionalOptions()
    .description('send the report of a day to its recipients once all its hours are proven; a restatement where numbers have changed since')
    .option(DATE, DATE_IS, dateOption)
    .option(MERCHANT, 'this merchant’s report, to the merchant’s own recipients', merchantOption)
    .option('--wait', 'wait until it is sent; exit 1 if it cannot be')
    .option('--accept-missing', 'hours of the day without any object had no payment: they do not hold it back, and it says so')
    .option('--deadline-hours <n>', 'hours for which it waits for proofs; 0: looks once (default: SLUICE_REPORT_DEADLINE_HOURS)', deadlineOption)
    .option('--by <name>', 'who asks, for the ledger (default: the login name)')
    .action((options: AskOptions) => withTemporal((client, configuration) => ask(client, configuration, options, terminalOf())));

  report
    .command('show')
    .description('what was sent of a day, to whom, and who took it; exit 1 if nothing was made yet')
    .requiredOption(DATE, DATE_IS, dateOption)
    .option(MERCHANT, 'this merchant’s report', merchantOption)
    .action(({ date, merchant }: { readonly date: string; readonly merchant?: string }) => show({ date, merchant: merchant ?? null }, terminalOf()));

  report
    .command('recipients')
    .description('who gets which report, as it is configured here')
    .option('--keys', 'also the key by which each webhook can check our signature; hand each to its own receiver only')
    .action(async ({ keys }: { readonly keys?: true }) => {
      const configuration = await stackConfiguration();
      showRecipients(configuration, keys === true, terminalOf());
    });
}

const deadlineOption = (text: string): number => Math.min(wholeNumberOption(0)(text), DEADLINE_AT_MOST_HOURS);

async function ask(client: Client, configuration: Configuration, options: AskOptions, terminal: Terminal): Promise<void> {
  const { date, merchant, acceptMissing, deadlineHours } = options;
  if (date === undefined) throw new SluiceError({ kind: 'usage', what: 'no date is given', fix: 'Name the day with --date 2026-11-20' });
  const reports = new DailyReports(client, configuration.SLUICE_TASK_QUEUE);
  const handle = await reports.ask({
    date, by: operator(options.by), ...(merchant === undefined ? {} : { merchant }), ...(acceptMissing === undefined ? {} : { acceptMissing }), ...(deadlineHours === undefined ? {} : { deadlineHours }),
  });
  if (options.wait !== true) {
    terminal.result({ workflowId: handle.workflowId, date }, () => `${handle.workflowId} goes on. See what was sent: npx sluice report show --date ${date}${merchant === undefined ? '' : ` --merchant ${merchant}`}`);
    return;
  }
  const answer = await watched(reports, handle, terminal);
  terminal.result(answer, () => answerText(answer));
}

/** Whoever waits must learn what for. */
async function watched(reports: DailyReports, handle: WorkflowHandle, terminal: Terminal): Promise<DailyReportAnswer> {
  let said = '';
  const timer = setInterval(() => {
    void reports.status(handle).then((status) => {
      if (status?.state !== 'held') return;
      const text = holdingText({ holding: status.holding, holdingInAll: status.holding.length });
      if (text !== said) terminal.say(`waits until ${status.deadline ?? 'its deadline'}: ${text}`);
      said = text;
    });
  }, LOOK_EVERY_MS);
  try {
    return await reports.answer(handle);
  } finally {
    clearInterval(timer);
  }
}

function answerText({ date, merchant, outcome, revision, changes, sent, htmlKey }: DailyReportAnswer): string {
  const what = {
    sent: `sent to ${sent}${revision > 1 && changes > 0 ? `, a restatement: ${changes} numbers have changed` : ''}`, unchanged: 'everybody has it, nothing was sent',
    no_recipient: 'it was made, and nobody is configured to get it (SLUICE_REPORT_WEBHOOKS, SLUICE_REPORT_MAIL_TO)',
  }[outcome];
  return `${date}${merchant === null ? '' : ` for ${merchant}`}, revision ${revision}: ${what}\nreport: ${htmlKey}`;
}

async function show(ref: ReportRef, terminal: Terminal): Promise<void> {
  const postgres = openPostgres(await stackConfiguration(), 'reader');
  try {
    const ledger = openLedger(postgres);
    const [revisions, deliveries] = await Promise.all([ledger.reportRevisions(ref), ledger.reportDeliveries(ref)]);
    const shown = revisions.map(({ revision, renderedAt, by, hours, brought, htmlKey }) => ({
      revision, renderedAt, by, hours: hours.length, acceptedMissing: hours.filter(({ state }) => state === 'missing' || state === 'unasked').map(({ landingHour }) => landingHour), brought, htmlKey,
    }));
    terminal.result({ ...ref, revisions: shown, deliveries }, () => shownText(ref, revisions, deliveries));
    if (revisions.length === 0) process.exitCode = EXIT.failed;
  } finally {
    await postgres.close();
  }
}

function shownText({ date, merchant }: ReportRef, revisions: readonly ReportRevision[], deliveries: readonly ReportDelivery[]): string {
  const whose = merchant === null ? '' : ` --merchant ${merchant}`;
  if (revisions.length === 0) return `No report of ${date} was made yet. Do it with: npx sluice report --date ${date}${whose}`;
  const lines = revisions.flatMap(({ revision, renderedAt, by, brought, htmlKey }) => [
    `revision ${revision}, made ${renderedAt}, asked for by ${by}${brought.length === 0 ? '' : `, brought by ${brought.map(({ landingHour }) => landingHour).join(', ')}`}`,
    `  ${htmlKey ?? 'its files are not in the lake yet'}`,
  ]);
  if (deliveries.length === 0) return [...lines, '', 'It was sent to nobody.'].join('\n');
  return [...lines, '', table(
    [{ title: 'revision', right: true }, { title: 'to' }, { title: 'address' }, { title: 'taken' }, { title: 'attempts', right: true }, { title: 'answer' }, { title: 'delivery' }],
    deliveries.map((one) => [String(one.revision), `${one.channel} ${one.recipient}`, one.address, one.acknowledgedAt ?? 'no', String(one.attempts), one.answer ?? '', one.deliveryId]),
  )].join('\n');
}

function showRecipients(configuration: Configuration, keys: boolean, terminal: Terminal): void {
  const secret = configuration.SLUICE_REPORT_WEBHOOK_SECRET;
  const shown = new ReportRecipients(configuration).all.map((recipient) => ({
    id: recipient.id, channel: recipient.channel, address: shownAddress(recipient), merchant: recipient.merchant,
    ...(keys && recipient.channel === 'webhook' ? { key: webhookKeyText(webhookKeyOf(secret!, recipient.address)) } : {}),
  }));
  terminal.result({ recipients: shown }, () => (shown.length === 0
    ? 'Nobody is configured: SLUICE_REPORT_WEBHOOKS, SLUICE_REPORT_MAIL_TO'
    : table(['to', 'address', 'report of', ...(keys ? ['signing key'] : [])].map((title) => ({ title })),
      shown.map((one) => [`${one.channel} ${one.id}`, one.address, one.merchant ?? 'all merchants', ...(keys ? [one.key ?? ''] : [])]))));
}
