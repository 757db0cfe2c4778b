/**
 * Hours in which there is nothing or little to do, beside as many activities that do nothing: what of an hour is ours and what Temporal's. Every empty
 * hour must end missing and every small one proven.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { backfillId, type BackfillInput } from '../../contract/backfill';
import type { Configuration } from '../../contract/configuration';
import { hoursAfter, parseLandingHour, type LandingHour } from '../../contract/landing-hour';
import type { Stack } from '../../scripts/stack/stack';
import type { Terminal } from '../../scripts/terminal';
import { Backfills } from '../../stores/backfills';
import { connectTemporal, Hours } from '../../stores/temporal';
import { alternating } from '../measuring/alternating';
import { OURS, type Comparison } from '../measuring/comparison';
import { startSide, type SideProcess } from '../measuring/side-process';
import { CLI } from '../measuring/sluice';
import { taken, type Parts } from '../measuring/taken';
import { untilWorkerUp } from '../measuring/worker-up';
import { hourHistories, type HourHistory } from './hour-histories';
import type { RoundTrips } from './round-trips';

export interface IdleOptions {
  readonly hours: number;
  readonly parallel: number;
  readonly lines: number;
  readonly runs: number;
}

export interface IdleFindings {
  readonly compared: readonly Comparison[];
  /** the longest history of each kind of workflow; of a backfill its events for each hour */
  readonly events: Readonly<Record<'empty hour' | 'small hour' | 'backfill, an hour', number>>;
}

const FIRST_EMPTY = parseLandingHour('2025-01-01T00');
export const FIRST_SMALL = parseLandingHour('2026-01-05T00');
type Side = typeof OURS | 'empty activities';
const SIDES: readonly Side[] = [OURS, 'empty activities'];

interface Idle {
  readonly stack: Stack;
  readonly client: Client;
  readonly configuration: Configuration;
  readonly roundTrips: SideProcess<RoundTrips, number>;
  readonly options: IdleOptions;
  readonly terminal: Terminal;
}

/** The stores are ready, and `runs` + 1 small hours from FIRST_SMALL on have landed. */
export async function compareIdle(stack: Stack, configuration: Configuration, options: IdleOptions, terminal: Terminal): Promise<IdleFindings> {
  stack.accompany({
    name: 'worker', about: 'the worker', version: '', command: process.execPath, args: [CLI, 'worker'],
    environment: {}, graceMs: 30_000,
  });
  await untilWorkerUp(configuration.SLUICE_METRICS_PORT);
  const client = await connectTemporal(configuration, process.env);
  const roundTrips = startSide<RoundTrips, number>('idling/round-trips');
  try {
    // Its worker's start is nobody's work.
    await roundTrips.ask({ name: 'warm-up', workflows: 10, atOnce: 1, activities: 10 });
    const idle: Idle = { stack, client, configuration, roundTrips, options, terminal };
    const small = await compareSmallHours(idle);
    const empty = await compareEmptyHours(idle);
    return { compared: [small.compared, empty.compared], events: { 'small hour': small.events, 'empty hour': empty.events, 'backfill, an hour': empty.ofBackfill } };
  } finally {
    await roundTrips.end();
    await client.connection.close();
  }
}

async function compareSmallHours({ stack, client, configuration, roundTrips, options, terminal }: Idle): Promise<{ readonly compared: Comparison; readonly events: number }> {
  const asking = new Hours(client, configuration.SLUICE_TASK_QUEUE);
  const prove = async (landingHour: LandingHour): Promise<void> => {
    const answer = await asking.request(landingHour, { requestId: randomUUID(), kind: 'manual', by: 'bench', waitFor: 'done' });
    if (answer.state !== 'proven') throw new Error(`${landingHour} is ${answer.state}: ${answer.message}`);
  };
  // The first one pays for what the worker does once.
  await prove(FIRST_SMALL);
  const [{ activities }] = await hourHistories(client, [FIRST_SMALL]) as [HourHistory];
  const sides = await alternating(SIDES, options.runs, async (side, run) => {
    const took = await taken(partsOf(stack, side, roundTrips.pid), () => (side === OURS
      ? prove(hoursAfter(FIRST_SMALL, run + 1))
      : roundTrips.ask({ name: `small-${run}`, workflows: 1, atOnce: 1, activities })));
    terminal.say(`run ${run + 1}, ${side}, an hour of ${options.lines} lines: ${took.seconds.toFixed(2)} s`);
    return took;
  });
  const histories = await hourHistories(client, Array.from({ length: options.runs }, (_, run) => hoursAfter(FIRST_SMALL, run + 1)));
  return { compared: { what: `an hour of ${options.lines} lines, ${activities} activities`, units: 1, sides }, events: longest(histories) };
}

async function compareEmptyHours(
  { stack, client, configuration, roundTrips, options: { hours, parallel }, terminal }: Idle,
): Promise<{ readonly compared: Comparison; readonly events: number; readonly ofBackfill: number }> {
  const backfills = new Backfills(client, configuration.SLUICE_TASK_QUEUE);
  const input: BackfillInput = { from: FIRST_EMPTY, to: hoursAfter(FIRST_EMPTY, hours - 1), parallel, by: 'bench' };
  const ours = await taken(partsOf(stack, OURS, roundTrips.pid), async () => {
    const summary = await backfills.result(await backfills.start(input));
    if (summary.counts.missing !== hours) throw new Error(`${summary.counts.missing ?? 0} of ${hours} hours ended missing`);
  });
  terminal.say(`${hours} empty hours backfilled in ${ours.seconds.toFixed(1)} s`);
  const histories = await hourHistories(client, Array.from({ length: hours }, (_, n) => hoursAfter(FIRST_EMPTY, n)));
  const activities = Math.max(...histories.map((history) => history.activities));
  const empty = await taken(partsOf(stack, 'empty activities', roundTrips.pid), () => roundTrips.ask({ name: 'empty', workflows: hours, atOnce: parallel, activities }));
  let ofBackfill = 0;
  const id = backfillId(input.from, input.to, false);
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = "${id}"` })) {
    ofBackfill += (await client.workflow.getHandle(id, runId).fetchHistory()).events?.length ?? 0;
  }
  return {
    compared: { what: `${hours} empty hours, ${parallel} at once, ${activities} activities each`, units: hours, sides: new Map<string, readonly (typeof ours)[]>([[OURS, [ours]], ['empty activities', [empty]]]) },
    events: longest(histories), ofBackfill: ofBackfill / hours,
  };
}

function partsOf(stack: Stack, side: Side, roundTrips: number): Parts {
  const pidOf = (wanted: string): number => stack.parts.find(({ name }) => name === wanted)!.pid;
  return side === OURS
    ? { worker: pidOf('worker'), temporal: pidOf('temporal'), postgres: pidOf('postgres'), kafka: pidOf('kafka'), s3: pidOf('s3'), aws: pidOf('aws') }
    : { worker: roundTrips, temporal: pidOf('temporal') };
}

function longest(histories: readonly HourHistory[]): number {
  return Math.max(...histories.map(({ events }) => events));
}
