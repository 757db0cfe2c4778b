/** `sluice erase`: takes a person out of every store; `sluice erase show`: what a receipt says. The id leaves this process sealed. */
import { text } from 'node:stream/consumers';
import { Argument, type Command } from 'commander';
import { ApplicationFailure, type WorkflowHandle } from '@temporalio/client';
import type { Configuration } from '../../contract/configuration';
import { erasureKeyMissing, erasureKeyOf, erasureWorkflowId, problemOfUserId, type EraseInput, type EraseResult, type ErasureReceipt } from '../../contract/erasure';
import { SluiceError } from '../../contract/errors';
import { receiptKey, RECEIPTS_PREFIX } from '../../contract/lake-layout';
import { failedWorkflow, innermost } from '../../stores/failed-workflow';
import { type Lake, openLake } from '../../stores/lake';
import { connectTemporal } from '../../stores/temporal';
import { operator } from '../options';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import { EXIT, table, type Terminal } from '../terminal';

const RECEIPTS_SHOWN = 20;

interface EraseOptions {
  readonly user?: string;
  readonly wait?: boolean;
  readonly by?: string;
  readonly receipt?: string;
}

export function addEraseCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('erase')
    .description('remove a person from raw, lake, dead letters and Postgres, with a receipt; `erase show` shows receipts')
    .addArgument(new Argument('[action]', 'nothing, or show').choices(['show']))
    .option('--user <id>', 'the user id whose lines go; `-` reads it from stdin, so that it is in no shell history')
    .option('--wait', 'wait for the receipt; exit 1 unless the erasure is complete')
    .option('--by <name>', 'who asks, for the receipt (default: the login name)')
    .option('--receipt <id>', 'with show: this receipt; without it the last ones')
    .addHelpText('after', `
Needs SLUICE_ERASURE_KEY, here and in every worker. It ends after SLUICE_REVISION_GRACE_MINUTES, when the files of replaced revisions go.
The topic and backups follow by their retention; the receipt has the dates. Run it again for the same person at any time: it finds what
has landed since, or nothing, and says so.`)
    .action(async (action: string | undefined, options: EraseOptions) => {
      const terminal = terminalOf();
      if (action === 'show') return showReceipts(options, terminal);
      if (options.receipt !== undefined) throw new SluiceError({ kind: 'usage', what: '--receipt is for `erase show`', fix: 'Write npx sluice erase show --receipt ID' });
      await eraseUser(await userOf(options), options, terminal);
    });
}

async function userOf({ user }: EraseOptions): Promise<string> {
  const id = user === '-' ? (await text(process.stdin)).replace(/\r?\n$/, '') : user;
  const problem = id === undefined ? '--user is missing' : problemOfUserId(id);
  if (problem === null) return id!;
  throw new SluiceError({ kind: 'usage', what: problem, fix: 'Write npx sluice erase --user ID, the user_id of the lines exactly' });
}

async function eraseUser(userId: string, options: EraseOptions, terminal: Terminal): Promise<void> {
  const configuration = await stackConfiguration();
  const key = erasureKeyOf(configuration.SLUICE_ERASURE_KEY);
  if (key === null) throw erasureKeyMissing('nobody can be erased without the key of the hashes');
  const token = key.token(userId);
  const input: EraseInput = { token, sealed: key.seal(userId), by: operator(options.by) };
  const client = await connectTemporal(configuration, stackEnvironment());
  try {
    const handle = await client.workflow.start('erase', {
      workflowId: erasureWorkflowId(token), taskQueue: configuration.SLUICE_TASK_QUEUE, args: [input],
      // The same person asked for twice is one erasure.
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: 'erasure of a person', staticDetails: `asked for by ${input.by}`,
    });
    if (options.wait !== true) {
      terminal.result({ workflowId: handle.workflowId }, () =>
        `asked for ${handle.workflowId}; it ends about ${configuration.SLUICE_REVISION_GRACE_MINUTES} minutes after its last hour\nSee its receipt: npx sluice erase show`);
      return;
    }
    const result = await resultOf(handle);
    await showReceipt(configuration, result.receiptId, terminal);
    if (result.state !== 'complete') process.exitCode = EXIT.failed;
  } finally {
    await client.connection.close();
  }
}

/** An incomplete erasure fails its workflow, and has a receipt all the same. */
async function resultOf(handle: WorkflowHandle): Promise<EraseResult> {
  try {
    return await handle.result() as EraseResult;
  } catch (error) {
    const cause = innermost(error);
    if (cause instanceof ApplicationFailure && cause.type === 'incomplete') return cause.details![0] as EraseResult;
    throw failedWorkflow(error, { kind: 'data', what: 'the erasure failed', on: handle.workflowId, fix: 'See to it and start it again: it goes on where it was' });
  }
}

/** From the lake: Postgres may have been lost since. */
async function showReceipts({ receipt }: EraseOptions, terminal: Terminal): Promise<void> {
  const configuration = await stackConfiguration();
  if (receipt !== undefined) return showReceipt(configuration, receipt, terminal);
  const receipts = await withLake(configuration, async (lake) => {
    const found = await Promise.all((await lake.list(RECEIPTS_PREFIX)).slice(-RECEIPTS_SHOWN).map(({ key }) => lake.readText(key)));
    return found.map((one) => JSON.parse(one!.text) as ErasureReceipt).sort((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1));
  });
  terminal.result({ receipts }, () => (receipts.length === 0 ? 'no erasure has ended yet' : table(
    [{ title: 'receipt' }, { title: 'state' }, { title: 'finished' }, { title: 'by' }, { title: 'lines', right: true }, { title: 'hours', right: true }],
    receipts.map((one) => [one.receiptId, one.state, one.finishedAt, one.by, String(one.stores.raw.lines), String(one.hours.length)]),
  )));
}

async function showReceipt(configuration: Configuration, receiptId: string, terminal: Terminal): Promise<void> {
  const found = await withLake(configuration, (lake) => lake.readText(receiptKey(receiptId)));
  if (found === null) throw new SluiceError({ kind: 'usage', what: 'no such receipt', on: receiptId, fix: '`npx sluice erase show` lists them' });
  const receipt = JSON.parse(found.text) as ErasureReceipt;
  terminal.result(receipt, () => rendered(receipt));
}

async function withLake<T>(configuration: Configuration, work: (lake: Lake) => Promise<T>): Promise<T> {
  const lake = openLake(configuration);
  try {
    return await work(lake);
  } finally {
    lake.close();
  }
}

function rendered(receipt: ErasureReceipt): string {
  const { raw, deadLetters, curated, postgres } = receipt.stores;
  const lines = [
    `receipt ${receipt.receiptId}: ${receipt.state}${receipt.nothingFound ? ', nothing of them was found' : ''}`,
    `asked for by ${receipt.by}; ${receipt.startedAt} to ${receipt.finishedAt}; suppressed since ${receipt.suppressedSince}`,
    `person (keyed hash) ${receipt.token}`,
    '',
    `raw           ${raw.lines} lines overwritten; ${raw.objects} objects looked into, ${raw.changed} changed, ${raw.versions} older versions removed`,
    `curated       ${curated.found} rows found in files; ${curated.objects} files looked into, ${curated.changed} removed`,
    `dead letters  ${deadLetters.found} removed; ${deadLetters.objects} objects looked into, ${deadLetters.changed} changed`,
    `Postgres      ${postgres.samples} samples removed; ${postgres.rows} payments left`,
    `topic         gone by ${receipt.topicGoneBy}`,
    `backups       gone by ${receipt.backupsGoneBy}`,
  ];
  if (raw.amounts.length > 0) lines.push(`erased        ${raw.amounts.map(({ currency, amountCents }) => `${currency} ${amountCents}`).join(', ')} (minor units)`);
  if (receipt.mentions > 0) lines.push(`mentions      the id stands in ${receipt.mentions} lines of others, which were left as they are`);
  if (receipt.hours.length > 0) {
    lines.push('', table([{ title: 'hour' }, { title: 'revision', right: true }, { title: 'state' }, { title: 'objects', right: true }, { title: 'lines', right: true }, { title: 'rows', right: true }],
      receipt.hours.map((hour) => [
        hour.landingHour, hour.revision === null ? '–' : String(hour.revision), hour.state, String(hour.objects), String(hour.lines), String(hour.rows ?? 0),
      ])));
  }
  for (const sentence of receipt.left) lines.push(`left: ${sentence}`);
  return [...lines, '', ...receipt.notes].join('\n');
}
