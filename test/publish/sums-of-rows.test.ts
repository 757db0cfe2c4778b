/** Rows added up where their bytes lie come to what the rows themselves come to, to the last cent, however many and however large. */
import { ExactSum } from '../../contract/exact-sum';
import { STATUSES, type PaymentStatus } from '../../contract/payment';
import { SummedParts, SumsOfRows } from '../../contract/sums';
import { Random } from '../../scripts/generate/random';

const INT64_MAX = 9_223_372_036_854_775_807n;
const INT64_MIN = -INT64_MAX - 1n;
const EDGES = [0n, 1n, -1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, -(2n ** 32n), 2n ** 53n + 1n, 2n ** 60n - 1n, INT64_MAX, INT64_MIN];
/** Some of one length and with the same letters at either end. */
const CURRENCIES = ['EUR', 'ESR', 'RUE', 'EUX', 'XUR', 'USD', 'USN', '', 'E', 'EU', 'EURO', 'é'];
const ODD_STATUSES = [...STATUSES, 'CAXXURED', 'SETTLEX', 'D', ''];

function lowOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

function highOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

function partsOf(currency: Buffer, status: Buffer, cents: bigint, hash: bigint): SummedParts {
  return Object.assign(new SummedParts(), {
    // Among others' bytes.
    bytes: Buffer.concat([Buffer.from('EURSETTLED'), currency, Buffer.from('|'), status, Buffer.from('EUR')]),
    currencyStart: 10, currencyEnd: 10 + currency.length, statusStart: 11 + currency.length, statusEnd: 11 + currency.length + status.length,
    centsLow: lowOf(cents), centsHigh: highOf(cents), hashLow: lowOf(hash), hashHigh: highOf(hash),
  });
}

it('are the same by their parts as by their rows, and beside them', () => {
  const [byParts, byRows, byBoth] = [new SumsOfRows(), new SumsOfRows(), new SumsOfRows()];
  for (let n = 0; n < 20_000; n += 1) {
    const random = new Random(3, n);
    const [currency, status, amount_cents, row_hash] = [random.pick(CURRENCIES), random.pick(ODD_STATUSES), random.pick(EDGES), random.pick(EDGES)];
    const parts = partsOf(Buffer.from(currency), Buffer.from(status), amount_cents, row_hash);
    const row = { currency, status: status as PaymentStatus, amount_cents, row_hash };
    byParts.addParts(parts);
    byRows.add(row);
    if (n % 2 === 0) byBoth.addParts(parts);
    else byBoth.add(row);
  }
  expect(byRows.result().totals).toHaveLength(CURRENCIES.length * ODD_STATUSES.length);
  expect(byParts.result()).toEqual(byRows.result());
  expect(byBoth.result()).toEqual(byRows.result());
  // To look at them ends nothing.
  byParts.addParts(partsOf(Buffer.from('EUR'), Buffer.from('SETTLED'), 1n, 1n));
  byRows.add({ currency: 'EUR', status: 'SETTLED', amount_cents: 1n, row_hash: 1n });
  expect(byParts.result()).toEqual(byRows.result());
});

it('are the same by groups of rows that share both texts', () => {
  const [byGroups, byRows] = [new SumsOfRows(), new SumsOfRows()];
  for (let n = 0; n < 2_000; n += 1) {
    const random = new Random(4, n);
    const [currency, status] = [random.pick(CURRENCIES), random.pick(ODD_STATUSES)];
    const rows = Array.from({ length: random.pick([1, 2, 700]) }, () => ({ currency, status: status as PaymentStatus, amount_cents: random.pick(EDGES), row_hash: random.pick(EDGES) }));
    const of = (half: (value: bigint) => number, field: 'amount_cents' | 'row_hash'): number => rows.reduce((sum, row) => sum + half(row[field]), 0);
    const unsigned = (value: bigint): number => lowOf(value) >>> 0;
    byGroups.addGroup(Object.assign(partsOf(Buffer.from(currency), Buffer.from(status), 0n, 0n), {
      centsLow: of(unsigned, 'amount_cents'), centsHigh: of(highOf, 'amount_cents'), hashLow: of(unsigned, 'row_hash'), hashHigh: of(highOf, 'row_hash'),
    }), rows.length);
    for (const row of rows) byRows.add(row);
  }
  expect(byGroups.result()).toEqual(byRows.result());
});

it('with bytes that are no text are one sum with what is read of them', () => {
  const sums = new SumsOfRows();
  for (const byte of [0xff, 0xfe, 0xff]) sums.addParts(partsOf(Buffer.from([0x45, byte]), Buffer.from('SETTLED'), 5n, 7n));
  sums.add({ currency: 'E\ufffd', status: 'SETTLED', amount_cents: 5n, row_hash: 7n });
  expect(sums.result()).toEqual({ rows: 4, sumRowHash: '28', totals: [{ currency: 'E\ufffd', status: 'SETTLED', count: 4, amountCents: '20' }] });
});

it.each([['the largest', INT64_MAX], ['the smallest', INT64_MIN], ['minus one', -1n], ['the largest low half', 2n ** 32n - 1n]])('of %s, several millions of times, are exact', (_name, value) => {
  const sum = new ExactSum();
  const times = 5_000_001;
  const [low, high] = [lowOf(value), highOf(value)];
  for (let n = 0; n < times; n += 1) sum.add(low, high);
  expect(sum.value()).toBe(value * BigInt(times));
}, 60_000);
