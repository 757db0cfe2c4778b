/** A backfill as the terminal shows it: while it goes on, where it stands, how it ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FINE, type BackfillOptions, type BackfillStatus, type BackfillSummary, type EndedHour, type HourEnd, type MoneyDifference } from '../contract/backfill';
import type { ShownBackfill } from '../contract/backfill-note';
import type { Backfills } from '../stores/backfills';
import { table, type Terminal } from './terminal';

const EVERY_MS = 1_000;
/** The rate is of the last half minute: what was fast an hour ago says nothing about the time left. */
const RATE_OVER_MS = 30_000;

export interface Started {
  readonly startToken: string;
  readonly wanted: BackfillOptions;
}

/** Shows it until it is over: one event a line where JSON is asked for, else a line that changes and a line for each hour that is not fine. */
export async function follow(backfills: Backfills, id: string, started: Started, terminal: Terminal): Promise<BackfillSummary> {
  const over = backfills.result(id);
  let isOver = false;
  void over.finally(() => { isOver = true; }).catch(() => undefined);
  let shown = 0;
  let greeted = false;
  const samples: Sample[] = [];
  for (;;) {
    const last = isOver;
    // A server that restarts is no reason to stop looking.
    const status = await backfills.status(id, shown).catch(() => null);
    if (status !== null) {
      if (!greeted) greet(status, started, terminal);
      greeted = true;
      for (const ended of status.recent) tell(ended, terminal);
      shown = Math.max(shown, ...status.recent.map(({ n }) => n));
      samples.push({ at: Date.now(), ended: status.ended, lines: status.lines });
      while (samples.length > 2 && samples[0]!.at < Date.now() - RATE_OVER_MS) samples.shift();
      terminal.progress(progressText(status, samples));
    }
    if (last) return over;
    await Promise.race([over.catch(() => undefined), sleep(EVERY_MS)]);
  }
}

interface Sample {
  readonly at: number;
  readonly ended: number;
  readonly lines: number;
}

function greet(status: BackfillStatus, { startToken, wanted }: Started, terminal: Terminal): void {
  const attached = status.startToken !== startToken;
  if (terminal.json) terminal.result({ event: attached ? 'attached' : 'started', backfillId: status.backfillId, options: status.options }, () => '');
  else terminal.say(`${attached ? 'attached to' : 'started'} ${status.backfillId}\n${optionsInForce(status, wanted)}`.trimEnd());
}

function tell(ended: EndedHour, terminal: Terminal): void {
  if (terminal.json) terminal.result({ event: 'hour', ...ended }, () => '');
  else if (!FINE.includes(ended.end)) terminal.say(`${ended.landingHour} is ${ended.end}${ended.message === '' ? '' : `: ${ended.message}`}`);
}

export function progressText(status: BackfillStatus, samples: readonly Sample[]): string {
  const { ended, inFlight, pending, notPlanned, state } = status;
  const waiting = inFlight.length + pending + notPlanned;
  const first = samples[0]!;
  const last = samples.at(-1)!;
  const seconds = (last.at - first.at) / 1000;
  const hours = seconds === 0 ? 0 : (last.ended - first.ended) / seconds;
  const rows = seconds === 0 ? 0 : (last.lines - first.lines) / seconds;
  // Which of the hours not looked at the mode will take is not known yet.
  const left = hours === 0 ? '' : `, ${notPlanned > 0 ? 'at most ' : ''}${durationText(waiting / hours)} left`;
  return `${state}: ${ended} hours ended (${notFine(status)} not proven), ${inFlight.length} under way, ${waiting - inFlight.length} waiting, ${Math.round(rows)} rows/s${left}`;
}

function notFine({ counts }: Pick<BackfillStatus, 'counts'>): number {
  return Object.entries(counts).filter(([end]) => !FINE.includes(end as HourEnd)).reduce((sum, [, count]) => sum + count, 0);
}

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Of a backfill that was there already: which options are in force, where others were asked for. */
export function optionsInForce(status: BackfillStatus | null, wanted: BackfillOptions): string {
  if (status === null) return '';
  const differing = (Object.keys(status.options) as (keyof BackfillOptions)[]).filter((name) => status.options[name] !== wanted[name]);
  return differing.map((name) => `in force: ${name} ${status.options[name]} (not ${wanted[name]})\n`).join('');
}

export function statusText(status: BackfillStatus): string {
  const { options, inFlight } = status;
  return [
    `${status.backfillId}: ${status.state}${status.why === '' ? '' : ` (${status.why})`}`,
    `ended      ${countsText(status.counts)}; ${status.lines} lines`,
    `under way  ${inFlight.length === 0 ? 'none' : inFlight.join(', ')} (at most ${options.parallel})`,
    `waiting    ${status.pending}; not looked at yet ${status.notPlanned}; skipped ${status.skipped}`,
    `options    only ${options.only}, ${options.order} first, publish ${options.publish}${options.canary > 0 ? `, canary ${options.canary}` : ''}` +
      `${options.stopAfterBroken > 0 ? `, stop after ${options.stopAfterBroken} broken` : ''}`,
    ...moneyLines(status.money),
  ].join('\n');
}

/** The newest first. */
export function listText(backfills: readonly ShownBackfill[]): string {
  if (backfills.length === 0) return 'There was never a backfill. Start one: npx sluice backfill --from H --to H';
  return table(
    [{ title: 'backfill' }, { title: 'state' }, { title: 'ended' }, { title: 'lines', right: true }, { title: 'asked for by' }, { title: 'started' }],
    backfills.map(({ state, status }) => [
      status.backfillId, `${state.replace('_', ' ')}${status.why === '' ? '' : ` (${status.why})`}`, countsText(status.counts), String(status.lines), status.by, status.startedAt,
    ]),
  );
}

/** Each hour that is not proven is named. */
export function summaryText(summary: BackfillSummary): string {
  const messages = new Map(summary.messages.map(({ landingHour, message }) => [landingHour, message]));
  const seconds = (new Date(summary.endedAt).getTime() - new Date(summary.startedAt).getTime()) / 1000;
  const lines = [
    `${summary.backfillId}: ${summary.state}${summary.why === '' ? '' : ` (${summary.why})`}`,
    `${summary.ended} hours in ${durationText(seconds)}: ${countsText(summary.counts)}; ${summary.unchanged} of them unchanged; ${summary.lines} lines`,
    ...moneyLines(summary.money),
  ];
  for (const [end, hours] of Object.entries(summary.unproven)) {
    for (const hour of hours) lines.push(`${hour} is ${end}${messages.has(hour) ? `: ${messages.get(hour)}` : ''}`);
  }
  if (summary.skipped.length > 0) lines.push(`skipped: ${summary.skipped.join(', ')}`);
  if (summary.notBegun + summary.notPlanned > 0) lines.push(`not begun: ${summary.notBegun} chosen hours, and ${summary.notPlanned} that were not looked at`);
  return lines.join('\n');
}

/** Every hour that was chosen is proven or empty. What a person skipped is that person's. */
export function isFine(summary: BackfillSummary): boolean {
  return summary.state === 'done' && Object.keys(summary.unproven).length === 0;
}

function countsText(counts: BackfillStatus['counts']): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0).map(([end, count]) => `${count} ${end}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function moneyLines(money: readonly MoneyDifference[]): readonly string[] {
  return money.map(({ currency, amountCents }) => `difference in ${currency}: ${amountCents} cents`);
}
