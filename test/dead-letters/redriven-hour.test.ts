import { caseIdOf } from '../../contract/dead-letter-case';
import { hourStart } from '../../contract/landing-hour';
import { createRedrive } from '../../activities/redrive';
import { Hours } from '../../stores/temporal';
import { chosenCases, viewOf } from '../../scripts/dead-letter-cases';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshHour, HourBench, line } from '../support/hour-bench';

let bench: HourBench;
const folder = mkdtempSync(join(tmpdir(), 'sluice-redrive-'));
beforeAll(async () => {
  bench = await HourBench.open();
  bench.startWorker();
});
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

test('a refused line that is corrected and redriven reaches the payments, once; the original stays a dead letter', async () => {
  const hour = freshHour();
  const good = line(hour, { payment_id: `${hour}-good` });
  const bad = line(hour, { payment_id: `${hour}-redriven`, currency: 'EURO' });
  await bench.land(hour, 'a.json', `${good}\n${bad}\n`);
  expect((await bench.ask(hour)).proof!.terms).toMatchObject({ lines: 2, deadLettered: 1, curated: 1 });

  const { lake, ledger } = bench.parts;
  const [letter] = await ledger.deadLetterCases({ from: hour, to: hour }, 10);
  expect(letter).toMatchObject({ reasons: ['currency_invalid'], lineNumber: 2, raw: bad });
  const caseId = caseIdOf(letter!);
  expect((await viewOf(lake, ledger, caseId, { raw: true, by: 'ana' })).original).toBe(bad);

  const file = join(folder, 'corrected.ndjson');
  writeFileSync(file, bad.replace('"EURO"', '"EUR"'));
  const redrive = createRedrive({ lake, ledger, hours: new Hours(bench.client, bench.configuration.SLUICE_TASK_QUEUE) });
  const again = async (): ReturnType<typeof redrive> =>
    redrive({ landingHour: hour, cases: await chosenCases(lake, ledger, [caseId], { with: file }), by: 'ana', waitFor: 'done' });
  const first = await again();
  expect(first).toMatchObject({ found: false, run: { state: 'proven', revision: 2 } });
  expect(first.run.proof!.terms).toMatchObject({ lines: 3, deadLettered: 1, curated: 2, new: 1 });
  const rows = (): Promise<readonly unknown[]> => bench.rows('select payment_id, currency from curated_payments where landing_hour = $1 order by 1', [hourStart(hour)]);
  expect(await rows()).toEqual([{ payment_id: `${hour}-good`, currency: 'EUR' }, { payment_id: `${hour}-redriven`, currency: 'EUR' }]);

  const second = await again();
  expect(second).toMatchObject({ found: true, object: first.object, run: { state: 'proven', revision: 2, unchanged: true } });
  expect(await rows()).toHaveLength(2);
  expect((await viewOf(lake, ledger, caseId, {})).redrives).toMatchObject([{ object: first.object, lineNumber: 1, by: 'ana' }]);
});
