/** Every bench at a size at which nothing can be measured: it runs to its end, and its sides are seen to have done the same. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { compareCurates } from '../../bench/curating/compare-curates';
import { compareIdle, FIRST_SMALL } from '../../bench/idling/compare-idle';
import { compareLoads } from '../../bench/loading/compare-loads';
import { alternating } from '../../bench/measuring/alternating';
import { renderedComparisons, type Comparison } from '../../bench/measuring/comparison';
import { madeUpPayments } from '../../bench/measuring/made-up-payments';
import { withOwnStack } from '../../bench/measuring/own-stack';
import { sluice } from '../../bench/measuring/sluice';
import { someOf } from '../../bench/measuring/some-of';
import { comparePublishes } from '../../bench/publishing/compare-publishes';
import { prepareStores } from '../../scripts/application';
import { stackConfiguration } from '../../scripts/stack/environment';
import { Terminal } from '../../scripts/terminal';

/** A tenth of them, as chance has it. */
const CHANGED_OF_300 = [...madeUpPayments({ landingHour: FIRST_SMALL, rows: 300, merchants: 5, revision: 2, changed: true }, 'changed')].length;
const nowhere = new PassThrough().resume() as unknown as NodeJS.WriteStream;
const terminal = new Terminal(false, nowhere, nowhere);
let folder: string;

beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'sluice-test-bench-')); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function sidesOf(comparisons: readonly Comparison[]): readonly string[] {
  return comparisons.flatMap(({ what, sides }) => [...sides].map(([side, runs]) => `${what}: ${side} ${runs.length}`));
}

// First: a stack of one's own leaves its settings behind.
test('curate sees every line beside the bare parse of the same lines, compressed or not', async () => {
  const compared = await compareCurates(
    { lines: 2_000, merchants: 5, runs: 1, compressions: ['plain', 'gzip'], against: ['floor'], sparkMemory: '1GB' }, folder, terminal);
  expect(sidesOf(compared)).toEqual(['plain', 'gzip'].flatMap((name) => [`${name}, 5 merchants: sluice 1`, `${name}, 5 merchants: floor 1`]));
}, 120_000);

test('load, publish and idle run to their end on a stack of their own, each side with what was due', async () => {
  await withOwnStack(terminal, async (stack) => {
    const configuration = await stackConfiguration();
    await prepareStores(configuration, terminal);

    const published = await comparePublishes(stack, configuration, { rows: 300, runs: 1, formats: ['avro', 'json'], against: [] }, folder, terminal);
    expect(sidesOf(published)).toEqual([expect.stringMatching(/^avro, \d+ bytes a record: sluice 1$/), expect.stringMatching(/^json, \d+ bytes a record: sluice 1$/)]);

    const loaded = await compareLoads(stack, configuration, { rows: 300, merchants: 5, runs: 2, against: ['copy'] }, folder, terminal);
    expect(sidesOf(loaded)).toEqual(['fresh', 'replayed', 'changed', 'whole'].flatMap((step) => [`${step}: sluice 2`, `${step}: copy 2`]));
    expect(loaded.map(({ units }) => units)).toEqual([300, 300, CHANGED_OF_300, 300]);

    await sluice(['generate', '--landing-hour', FIRST_SMALL, '--lines', '20', '--hours', '2']);
    const { compared, events } = await compareIdle(stack, configuration, { hours: 4, parallel: 2, lines: 20, runs: 1 }, terminal);
    expect(compared.map(({ units, sides }) => [units, ...sides.keys()])).toEqual([[1, 'sluice', 'empty activities'], [4, 'sluice', 'empty activities']]);
    // Asked of the hours themselves, and no matter of time: a step more is seen here.
    expect(events['small hour']).toBeLessThanOrEqual(80);
  });
}, 300_000);

test('sides take turns, and every second run goes backwards', async () => {
  const order: string[] = [];
  const taken = await alternating(['a', 'b'], 3, async (side, run) => { order.push(`${side}${run}`); return Promise.resolve(run); });
  expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
  expect([...taken]).toEqual([['a', [0, 1, 2]], ['b', [0, 1, 2]]]);
});

test('a peer that takes five times as long is shown as 5.00', () => {
  const took = (seconds: number) => ({ seconds, processorSeconds: { part: 1 }, memory: null });
  const text = renderedComparisons('rows', [{ what: 'it', units: 100, sides: new Map([['sluice', [took(1), took(9), took(2)]], ['peer', [took(10), took(11), took(10)]]]) }]);
  expect(text.split('\n').map((line) => line.split(/\s{2,}/).filter((cell) => cell !== '').slice(0, 8)).slice(2)).toEqual([
    ['it', 'sluice', '3', '2.00', '1.00', '9.00', '50', '1.0'], ['peer', '3', '10.00', '10.00', '11.00', '10', '5.00', '1.0'],
  ]);
});

test('a peer that is not there is refused by name', () => {
  expect(someOf(['spark', 'floor'])('floor,spark')).toEqual(['floor', 'spark']);
  expect(someOf(['spark', 'floor'])('none')).toEqual([]);
  expect(() => someOf(['spark', 'floor'])('flink')).toThrow(/spark, floor/);
});
