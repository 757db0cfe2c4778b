/** The load of an hour, ours and its peers', in turn, each step from the state that the one before it left; held to the same sums. */
import type { Configuration } from '../../contract/configuration';
import type { Stack } from '../../scripts/stack/stack';
import type { Terminal } from '../../scripts/terminal';
import { fill, readSql } from '../../sql/read-sql';
import { openPostgres, type Postgres } from '../../stores/postgres';
import { alternating } from '../measuring/alternating';
import { OURS, type Comparison } from '../measuring/comparison';
import { startSide } from '../measuring/side-process';
import { taken, type Parts, type Taken } from '../measuring/taken';
import { debeziumSink } from '../peers/debezium-sink';
import { startKafkaConnect } from '../peers/kafka-connect';
import { nextTransaction, untilWritten } from '../peers/sink-progress';
import { prepareHour, STEPS, type HourOptions, type Step, type StepToLoad } from './hour-to-load';
import type { LoadAnswer, LoadQuestion } from './our-load';
import type { CopyQuestion } from './ready-copy';

export const LOAD_PEERS = ['debezium', 'copy'] as const;
type Side = typeof OURS | (typeof LOAD_PEERS)[number];

export interface LoadOptions extends HourOptions {
  readonly runs: number;
  readonly against: readonly (typeof LOAD_PEERS)[number][];
}

const TABLE_OF: Readonly<Record<Side, string>> = { [OURS]: 'curated_payments', copy: 'curated_payments', debezium: 'peer_payments' };

/** One side's load of a step. It is given the parts of the stack whose processor time counts too. */
type Loads = Readonly<Record<Side, (step: StepToLoad, run: number) => Promise<Taken>>>;

export async function compareLoads(
  stack: Stack, configuration: Configuration, options: LoadOptions, folder: string, terminal: Terminal,
): Promise<readonly Comparison[]> {
  const owner = openPostgres(configuration, 'owner', { statementMs: 600_000 });
  const loader = openPostgres(configuration, 'loader');
  const ours = startSide<LoadQuestion, LoadAnswer>('loading/our-load');
  const copy = startSide<CopyQuestion, number>('loading/ready-copy');
  try {
    await owner.run(readSql('bench/peer-payments.sql'));
    const steps = await prepareHour(configuration, loader, options, folder, terminal);
    const beside: Parts = Object.fromEntries(stack.parts.filter(({ name }) => name === 'postgres' || name === 'kafka').map(({ name, pid }) => [name, pid]));
    const loads: Loads = {
      [OURS]: ({ input, publish }) => taken({ loader: ours.pid, ...beside }, async () => (await ours.ask({ input, publish })).seconds),
      copy: ({ step, input, file, hourFile, publish }) => taken({ copy: copy.pid, ...beside }, () => copy.ask({
        landingHour: input.landingHour, file, hourFile, fresh: step === 'fresh', whole: publish === 'all', changes: input.publish.upserted - input.publish.new,
      })),
      debezium: await debeziumLoads(stack, configuration, owner, beside, options, terminal),
    };
    const sides: readonly Side[] = [OURS, ...options.against];
    const measured = await alternating(sides, options.runs, async (side, run) => {
      await owner.run(readSql('bench/forget-loaded.sql'));
      const ofSteps: Partial<Record<Step, Taken>> = {};
      for (const step of steps) {
        ofSteps[step.step] = await loads[side](step, run);
        await mustHold(owner, side, step);
        await settle(owner, side);
        terminal.say(`run ${run + 1}, ${side}, ${step.step}: ${ofSteps[step.step]!.seconds.toFixed(2)} s`);
      }
      return ofSteps as Readonly<Record<Step, Taken>>;
    });
    return STEPS.map((step) => ({
      what: step, units: steps.find((one) => one.step === step)!.records,
      sides: new Map([...measured].map(([side, runs]) => [side, runs.map((ofSteps) => ofSteps[step])])),
    }));
  } finally {
    await Promise.all([ours.end(), copy.end()]);
    await Promise.all([owner.close(), loader.close()]);
  }
}

async function debeziumLoads(
  stack: Stack, configuration: Configuration, owner: Postgres, beside: Parts, { against }: LoadOptions, terminal: Terminal,
): Promise<Loads['debezium']> {
  if (!against.includes('debezium')) return () => { throw new Error('Kafka Connect was not asked for'); };
  const connect = await startKafkaConnect(stack, configuration.SLUICE_KAFKA_BROKERS.join(','), terminal);
  return async ({ step, peerTopic, firstKeys, lastKeys }, run) => {
    const since = await nextTransaction(owner);
    // A name of its own each time: its group begins at the topic's beginning.
    const connector = await connect.add(`load-${run}-${step}`, debeziumSink({
      topic: peerTopic, table: TABLE_OF.debezium, url: configuration.SLUICE_POSTGRES_OWNER_URL,
    }));
    try {
      // From its first batch on: that it joins a group and opens its pool is done once in its life.
      await untilWritten(owner, connector, firstKeys, since, 'any');
      return await taken({ connect: connect.pid, ...beside }, () => untilWritten(owner, connector, lastKeys, since));
    } finally {
      await connector.remove();
    }
  };
}

/** A peer's tables are as old as ours when the next step begins: its replay would have gone over all rows once more, where ours is found in the ledger. */
async function settle(owner: Postgres, side: Side): Promise<void> {
  for (const table of ['hour_payments', TABLE_OF[side]]) await owner.run(fill(readSql('bench/settle-table.sql'), { table }));
}

async function mustHold(owner: Postgres, side: Side, { step, totals }: StepToLoad): Promise<void> {
  const tables = await owner.rows<{ name: string; rows: bigint; cents: string; hash: string }>(readSql('bench/loaded-totals.sql'));
  const { rows, cents, hash } = tables.find(({ name }) => name === TABLE_OF[side])!;
  if (rows === totals.rows && cents === totals.cents && hash === totals.hash) return;
  throw new Error(`${side}, ${step}: ${rows} rows of ${cents} cents with hashes ${hash}; ${totals.rows} of ${totals.cents} with ${totals.hash} were due`);
}
