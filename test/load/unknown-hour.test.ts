/**
 * An hour that Postgres' statistics do not know, since it was loaded after they were taken: to the planner it has one row. Of 1,000,000
 * payments a load of 100,000 changes then went over all changes for each payment, and the proof sorted all of them in files.
 */
import { readSql } from '../../sql/read-sql';
import { STATUSES } from '../../contract/payment';
import { hourStart } from '../../contract/landing-hour';
import type { Session } from '../../stores/postgres';
import { hourAt, Loading, ranOf, type Line } from './loading';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(() => loading.stop());

const [known, unknown] = [hourAt(10), hourAt(11)];
const PAYMENTS = 2_000;

function lines(prefix: string): readonly Line[] {
  return Array.from({ length: PAYMENTS }, (_, i) => ({ id: `${prefix}${i}`, at: 600 }));
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly Plan[];
}

async function planOf(session: Session, name: string, values: readonly unknown[]): Promise<Plan> {
  const [answer] = await session.rows<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(`explain (analyze, format json) ${readSql(name)}`, values);
  return answer!['QUERY PLAN'][0]!.Plan;
}

/** By the scans of the statement's plan, with what they and its joins leave out. */
async function rowsRead(session: Session, name: string, values: readonly unknown[]): Promise<number> {
  const of = (plan: Plan): number =>
    ((plan.Plans === undefined ? plan['Actual Rows'] : 0) + (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Join Filter'] ?? 0)) * plan['Actual Loops']
    + (plan.Plans ?? []).reduce((sum, part) => sum + of(part), 0);
  return of(await planOf(session, name, values));
}

beforeEach(async () => {
  await loading.run(known, lines('k'));
  const owner = loading.database.open('owner');
  await owner.run('alter table hour_payments set (autovacuum_enabled = false); analyze hour_payments');
  await loading.run(unknown, lines('u'));
});

test('its sums are taken without sorting its payments', async () => {
  const nodes = (plan: Plan): readonly string[] => [plan['Node Type'], ...(plan.Plans ?? []).flatMap(nodes)];
  await loading.reader.transaction(async (session) => {
    await session.run(readSql('load/sum-by-hashing.sql'));
    expect(nodes(await planOf(session, 'load/hour-sums.sql', [hourStart(unknown)]))).not.toContain('Sort');
  });
  const ran = await ranOf(['load/sum-by-hashing.sql', 'load/hour-sums.sql'], async () => {
    expect(await loading.payments.hourSums(unknown)).toMatchObject({ rows: PAYMENTS });
  });
  expect(ran).toEqual(['load/sum-by-hashing.sql', 'load/hour-sums.sql']);
});

test('a revision that changes payments of an hour loaded since reads each of them once', async () => {
  await loading.loader.transaction(async (session) => {
    for (const name of ['load/session.sql', 'load/temporary-tables.sql']) await session.run(readSql(name));
    await session.run('insert into arrived select * from curated_payments where landing_hour = $1 order by payment_id', [hourStart(unknown)]);
    await session.run('update arrived set row_hash = row_hash + 1');
    for (const name of ['load/analyze-arrived.sql', 'load/look-up.sql']) await session.run(readSql(name));
    expect(await rowsRead(session, 'load/update-in-hour.sql', [STATUSES])).toBe(2 * PAYMENTS);
  });
});
