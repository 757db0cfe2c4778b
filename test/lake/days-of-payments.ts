/**
 * A lake in which everything has happened that a question must not trip over: payments that several hours, days or merchants have, versions microseconds
 * apart, an hour's second revision with the files of the first still there, a compacted day, and a revision after that.
 */
import { randomBytes } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../activities/registry';
import { landingHourOf, type LandingHour } from '../../contract/landing-hour';
import { freshDay, HourBench, line } from '../support/hour-bench';

export type Fields = Readonly<Record<string, unknown>> & { readonly payment_id: string; readonly merchant_id: string; readonly created_at: string };

export interface DaysOfPayments {
  readonly bench: HourBench;
  readonly before: string;
  readonly day: string;
  readonly after: string;
  readonly hours: readonly [LandingHour, LandingHour, LandingHour];
  readonly shop: string;
  /** with characters that a path may have to escape */
  readonly odd: string;
  /** of each hour, the good lines of its committed revision */
  readonly committed: ReadonlyMap<LandingHour, readonly Fields[]>;
}

const DAY_MS = 86_400_000;

/** In a bucket of its own: other suites spoil files of the shared one; the ledger and the tables are everybody's. Nothing is swept. */
export async function daysOfPayments(midnight = freshDay()): Promise<DaysOfPayments> {
  const name = randomBytes(4).toString('hex');
  const bench = await HourBench.open({ SLUICE_LAKE_BUCKET: `lake-${name}`, SLUICE_GLUE_DATABASE: `lake_${name}`, SLUICE_ACTIVITY_SLOTS: '8' });
  bench.startWorker();
  const dayOf = (days: number): string => new Date(midnight + days * DAY_MS).toISOString().slice(0, 10);
  const [before, day, after] = [dayOf(-1), dayOf(0), dayOf(1)];
  const hours = [10, 11, 12].map((hour) => landingHourOf(new Date(midnight + hour * 3_600_000))) as unknown as readonly [LandingHour, LandingHour, LandingHour];
  const [shop, odd] = [`shop-${name}`, `odd:${name}@example.eu`];
  const committed = new Map<LandingHour, readonly Fields[]>();

  const payment = (id: string, time: string, fields: Readonly<Record<string, unknown>> = {}): Fields =>
    ({ payment_id: `${name}-${id}`, merchant_id: shop, currency: 'EUR', created_at: time.includes('T') ? time : `${day}T${time}Z`, ...fields }) as Fields;
  const run = async (hour: LandingHour, payments: readonly Fields[]): Promise<void> => {
    await bench.land(hour, 'a.json', payments.map((fields) => line(hour, fields)).join('\n'));
    const answer = await bench.ask(hour);
    if (answer.state !== 'proven') throw new Error(`${hour} is ${answer.state}: ${answer.message}`);
    committed.set(hour, payments);
  };

  const spans = Array.from({ length: 23 }, (_, n) => payment(`span-${n}`, '10:30:00', {
    status: 'SETTLED', amount_cents: 100 + n, payment_method: n % 2 === 0 ? 'card' : "o'pay", authorized_at: `${day}T10:00:00Z`, completed_at: `${day}T10:00:0${n % 7}.${String(n * 37 % 1000).padStart(3, '0')}9Z`,
  }));
  const first = [
    payment('captured-later', '10:10:00', { status: 'AUTHORIZED' }),
    payment('corrected', '10:11:00', { status: 'CAPTURED', amount_cents: 2500 }),
    payment('gone', '10:12:00', { status: 'CAPTURED', amount_cents: 999_999 }),
    payment('refunded', '10:13:00', { merchant_id: odd, status: 'REFUNDED', amount_cents: 700 }),
    payment('charged-back', '10:13:30', { status: 'CHARGEBACK', amount_cents: 300, currency: 'JPY', risk_score: 0.125 }),
    payment('declined', '10:14:00', { merchant_id: odd, status: 'DECLINED', decline_reason: 'insufficient_funds', amount_cents: 4200 }),
    payment('declined-silently', '10:15:00', { status: 'DECLINED', currency: 'JPY', amount_cents: 300, user_id: '', source_system: null }),
    // By the status' rank the other version would win, and they lie within one millisecond.
    payment('micros', '10:16:00.000900', { status: 'AUTHORIZED', amount_cents: 11 }),
    payment('beyond-double', '10:17:00', { status: 'CAPTURED', currency: 'USD', amount_cents: 9_007_199_254_740_993n.toString() }),
    payment('beyond-double-2', '10:17:00', { status: 'CAPTURED', currency: 'USD', amount_cents: '9223372036854775807' }),
    payment('skewed', '10:18:00', { status: 'SETTLED', authorized_at: `${day}T10:00:00.005Z`, completed_at: `${day}T10:00:00Z`, payment_method: "o'pay" }),
    payment('next-day', '10:19:00', { status: 'PENDING' }),
    payment('other-merchant', '10:20:00', { status: 'AUTHORIZED', amount_cents: 5000 }),
    ...spans,
  ];
  const second = [
    payment('captured-later', '11:10:00', { status: 'CAPTURED' }),
    payment('micros', '10:16:00.000100', { status: 'CAPTURED', amount_cents: 22 }),
    payment('other-merchant', '11:20:00', { merchant_id: odd, status: 'CAPTURED', amount_cents: 5000 }),
  ];
  await run(hours[0], first);
  await run(hours[1], second);
  await run(hours[2], [
    payment('next-day', `${after}T01:00:00.123456Z`, { status: 'CAPTURED' }),
    payment('day-before', `${before}T23:59:59.999999Z`, { status: 'CAPTURED', amount_cents: 1 }),
  ]);
  await run(hours[0], first.filter(({ payment_id: id }) => !id.endsWith('-gone')).map((fields) => (fields.payment_id.endsWith('-corrected') ? { ...fields, amount_cents: 2600 } : fields)));
  await new MockActivityEnvironment().run(createActivities(bench.parts).compactDay, { date: day });
  await run(hours[1], [...second.slice(0, 2), payment('other-merchant', '11:20:00', { merchant_id: odd, status: 'CAPTURED', amount_cents: 5001 }), payment('added', '11:30:00', { status: 'APPROVED' })]);
  return { bench, before, day, after, hours, shop, odd, committed };
}
