import { gzipSync } from 'node:zlib';
import { line, linesOf, Workbench, HOUR, UNHURRIED } from './curating';
import type { SentTotals } from '../../contract/control-totals';

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
});

afterAll(() => bench.close());

async function sent(objects: Readonly<Record<string, Buffer | string>>, ours: readonly string[] = []): Promise<SentTotals | undefined> {
  const landed = (await bench.objects(objects)).map((object) => ({ ...object, isSent: !ours.includes(object.key) }));
  const { sent: totals } = await bench.engine.curate({
    landingHour: HOUR, revision: 1, attempt: 'a1', processedAt: '2026-11-20T11:10:00.123Z', objects: landed, outDir: bench.next('out'), countSent: true,
  }, UNHURRIED);
  return totals;
}

const payment = (id: string, fields: Readonly<Record<string, string | undefined>> = {}): string => line({ payment_id: `"${id}"`, ...fields });

test('refused and repeated lines count as sent, blank ones do not', async () => {
  expect(await sent({ a: linesOf([payment('1'), payment('1'), '', ' \t', payment('2', { status: '"captured"' }), payment('3', { amount_cents: '-50' })]) })).toEqual({
    files: 1, lines: 4, unreadable: 0, totals: [{ currency: 'EUR', count: 4, amountCents: String(3 * 1250 - 50) }],
  });
});

test('a line of which amount or currency cannot be read is a line and no amount', async () => {
  const lines = [
    payment('1'), '{"broken', payment('2', { amount_cents: '"12.5"' }), payment('3', { amount_cents: undefined }), payment('4', { currency: '"eur"' }),
    payment('5', { currency: undefined }), payment('6').replace('{', '{"currency":"USD",'), payment('7', { amount_cents: '"9223372036854775808"' }),
    payment('8', { note: `"${'x'.repeat(1024 * 1024)}"` }), Buffer.from(payment('9', { user_id: '"Zoé"' }), 'latin1'),
  ];
  expect(await sent({ a: linesOf(lines) })).toEqual({ files: 1, lines: 10, unreadable: 9, totals: [{ currency: 'EUR', count: 1, amountCents: '1250' }] });
});

test('amounts are exact beyond what a double or a bigint of the database holds', async () => {
  const most = '9223372036854775807';
  expect(await sent({ a: linesOf([payment('1', { amount_cents: most }), payment('2', { amount_cents: most }), payment('3', { currency: '"JPY"', amount_cents: '0' })]) }))
    .toMatchObject({ totals: [{ currency: 'EUR', count: 2, amountCents: '18446744073709551614' }, { currency: 'JPY', count: 1, amountCents: '0' }] });
});

test('amounts of every length add up', async () => {
  const amounts = Array.from({ length: 19 }, (_, i) => '9876543210987654321'.slice(0, i + 1));
  const { totals } = (await sent({ a: linesOf(amounts.map((amount, i) => payment(String(i), { amount_cents: amount, currency: i % 3 === 0 ? '"JPY"' : '"EUR"' }))) }))!;
  const sum = (isJpy: boolean): string => amounts.filter((amount, i) => (i % 3 === 0) === isJpy && BigInt(amount) < 2n ** 63n).reduce((all, amount) => all + BigInt(amount), 0n).toString();
  expect(totals).toEqual([{ currency: 'EUR', count: 12, amountCents: sum(false) }, { currency: 'JPY', count: 6, amountCents: sum(true) }]);
});

test('what was not the producer’s is not counted, whatever it lies between, and a cut object only as a file', async () => {
  const cut = gzipSync(linesOf(Array.from({ length: 200 }, (_, i) => payment(`cut-${i}`, { amount_cents: String(i * 7919) }))));
  expect(await sent({
    a: linesOf([payment('1')]), ours: linesOf([payment('2'), payment('3')]), c: linesOf([payment('4'), payment('5', { risk_score: '1.50', user_id: '1.50' })]),
    cut: cut.subarray(0, cut.length - 30), ours2: linesOf([payment('6')]),
  }, ['ours', 'ours2'])).toEqual({ files: 3, lines: 3, unreadable: 0, totals: [{ currency: 'EUR', count: 3, amountCents: String(3 * 1250) }] });
});

test('nothing is counted where nobody asked', async () => {
  const { outcome } = await bench.curate({ a: linesOf([payment('1')]) });
  expect(outcome.sent).toBeUndefined();
});
