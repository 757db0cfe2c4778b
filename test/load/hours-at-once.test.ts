import { greatest, hourAt, Loading, rowOf, type Line } from './loading';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(() => loading.stop());

const hours = [hourAt(10), hourAt(11), hourAt(12), hourAt(13)];

/** Deterministic, overlapping, in another order each time: what makes loads lock keys in a circle. */
function linesOf(hour: number, revision: number): readonly Line[] {
  const lines: Line[] = [];
  for (let i = 0; i < 600; i += 1) {
    const random = (i * 7919 + hour * 104_729 + revision * 15_485_863) % 1000;
    if (random < 300) continue;
    lines.push({ id: `p${i}`, at: random % 97, cents: BigInt(random) });
  }
  return hour % 2 === 0 ? lines : lines.reverse();
}

async function expectGreatest(revision: number): Promise<void> {
  const expected = greatest(hours.map((hour, h) => linesOf(h, revision).map((line) => rowOf(hour, revision, line))));
  const winners = await loading.winners();
  expect(winners.map(({ payment_id, row_hash, landing_hour }) => ({ payment_id, row_hash, landing_hour: BigInt(Date.parse(landing_hour)) * 1000n })))
    .toEqual(expected.map(({ payment_id, row_hash, landing_hour }) => ({ payment_id, row_hash, landing_hour })));
}

test('hours with the same payments, loaded at once, revision after revision: every winner is the greatest, and none deadlocks', async () => {
  for (let revision = 1; revision <= 4; revision += 1) {
    const runs = await Promise.all(hours.map((hour, h) => loading.publish(hour, linesOf(h, revision))));
    const results = await Promise.all(runs.map((run) => loading.load(run)));
    results.forEach((result, h) => {
      expect(result.won + result.updated + result.stale + result.alreadyThere).toBe(runs[h]!.input.publish.upserted);
    });
    await expectGreatest(revision);
  }
});

test('one hour takes a winner back while another brings the same payment: the other one is found', async () => {
  const [ten, eleven, twelve] = hours as [typeof hours[0], typeof hours[0], typeof hours[0]];
  const ids = Array.from({ length: 50 }, (_, i) => `p${i}`);
  await loading.run(ten, ids.map((id) => ({ id, at: 10 })));
  await loading.run(eleven, ids.map((id) => ({ id, at: 90 })));
  const gone = await loading.publish(eleven, []);
  const brought = await loading.publish(twelve, ids.map((id) => ({ id, at: 50 })));
  const other: { load?: Promise<unknown> } = {};
  await loading.load(gone, {
    // Here it is decided that the first hour's rows win; the third hour comes at the worst moment.
    async *rowsOfHour(hour, wanted) {
      other.load = loading.load(brought);
      await Promise.race([other.load, new Promise((resolve) => setTimeout(resolve, 500))]);
      yield wanted.map((row) => rowOf(hour, 1, { id: row.paymentId, at: 10 }));
    },
  });
  await other.load;
  expect(new Set((await loading.winners()).map((row) => row.landing_hour))).toEqual(new Set(['2026-11-20T12:00:00Z']));
});
