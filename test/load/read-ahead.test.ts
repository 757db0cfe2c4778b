/** The topic is read while Postgres is busy. Whatever becomes of either meanwhile, nothing is half loaded and nothing stays open. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SentChange } from '../../stores/record-codec';
import { readAhead } from '../../stores/read-ahead';
import { hourAt, Loading, type Line } from './loading';

const SOON_MS = 100;

async function* endless(seen: { asked: number; closed: boolean }): AsyncGenerator<readonly number[]> {
  try {
    for (;;) {
      seen.asked += 1;
      yield [seen.asked];
      await sleep(1);
    }
  } finally {
    seen.closed = true;
  }
}

test('batches are asked for before anybody reads them, not without end, and given in their order', async () => {
  const seen = { asked: 0, closed: false };
  const ahead = readAhead(endless(seen));
  await sleep(SOON_MS);
  expect(seen.asked).toBeGreaterThan(1);
  expect(seen.asked).toBeLessThan(30);
  const read: (readonly number[])[] = [];
  for await (const batch of ahead) if (read.push(batch) === 40) break;
  expect(read.flat()).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  await sleep(SOON_MS);
  expect(seen.closed).toBe(true);
});

test('what a reading fails with is told to whoever reads, however late', async () => {
  const ahead = readAhead((async function* records() {
    yield [1];
    throw new Error('the broker went away');
  })());
  await sleep(SOON_MS);
  await expect(ahead.toArray()).rejects.toThrow(/^the broker went away$/);
});

test('whoever has it may leave before anything was read', async () => {
  const seen = { asked: 0, closed: false };
  const ahead = readAhead(endless(seen));
  await sleep(SOON_MS);
  ahead.destroy();
  await sleep(SOON_MS);
  expect(seen.closed).toBe(true);
});

describe('a load', () => {
  let loading: Loading;
  beforeEach(async () => { loading = await Loading.start(); });
  afterEach(() => loading.stop());

  const HOUR = hourAt(10);

  function lines(cents: bigint): readonly Line[] {
    return Array.from({ length: 200 }, (_, i) => ({ id: `p${i}`, at: 1, cents: i < 100 ? cents : 0n }));
  }

  test('whose reading fails leaves nothing, and the next attempt loads', async () => {
    await loading.run(HOUR, lines(1n));
    const run = await loading.publish(HOUR, lines(2n));
    const before = await loading.versions();
    const records = async function* failing(): AsyncGenerator<readonly SentChange[]> {
      yield [];
      await sleep(1);
      throw new Error('the broker went away');
    };
    await expect(loading.load(run, { records })).rejects.toThrow(/^the broker went away$/);
    expect(await loading.versions()).toEqual(before);
    expect(await loading.load(run)).toMatchObject({ updated: 100 });
  });
});
