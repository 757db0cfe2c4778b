import { caseIdOf } from '../../contract/dead-letter-case';
import { parseLandingHour, type LandingHour } from '../../contract/landing-hour';
import type { DeadLetter } from '../../contract/payment';
import { openLedger, type Ledger } from '../../stores/ledger';
import { migrate } from '../../stores/migrations';
import { freshDatabase, type FreshDatabase } from './fresh-database';

let database: FreshDatabase;
let ledger: Ledger;
beforeEach(async () => {
  database = await freshDatabase();
  await migrate(database.open('owner'));
  ledger = openLedger(database.open('loader'));
});
afterEach(() => database.close());

const hour = parseLandingHour('2026-11-20T10');
const nextHour = parseLandingHour('2026-11-20T11');

async function open(landingHour: LandingHour, round: number): Promise<void> {
  await ledger.openRevision({
    landingHour, round, kind: 'manual', by: 'ana', publish: 'changed', manifestFingerprint: `m${round}`, transformFingerprint: 't',
    contractVersion: 1, force: false, objects: 1, bytes: 1, workflowId: 'w', workflowRunId: 'r', attemptToken: 'a',
  });
}

function letter(landingHour: LandingHour, offset: number, more: Partial<DeadLetter>): DeadLetter {
  return {
    landingHour, revision: 1, object: 'raw/a.ndjson', version: 'e1', offset, length: 9, lineNumber: offset + 1,
    reasons: ['malformed_json'], ...more,
  };
}

test('cases are grouped by reason over the hours, with an example', async () => {
  await open(hour, 1);
  await open(nextHour, 1);
  const twice = letter(hour, 1, { raw: '{"a":1}', reasons: ['currency_missing', 'status_missing'] });
  await ledger.saveDeadLetters({ landingHour: hour, revision: 1 }, 7, { currency_missing: 5, status_missing: 3 }, [twice]);
  await ledger.saveDeadLetters({ landingHour: nextHour, revision: 1 }, 2, { status_missing: 2 }, []);
  expect(await ledger.deadLetterGroups()).toEqual([
    { reason: 'currency_missing', lines: 5, hours: 1, firstHour: hour, lastHour: hour, exampleCase: caseIdOf(twice), redriven: 0 },
    { reason: 'status_missing', lines: 5, hours: 2, firstHour: hour, lastHour: nextHour, exampleCase: caseIdOf(twice), redriven: 0 },
  ]);
  expect(await ledger.deadLetterGroups({ from: nextHour })).toMatchObject([{ reason: 'status_missing', lines: 2 }]);
  expect(await ledger.deadLetterGroups({ to: hour, reason: 'status_missing' })).toMatchObject([{ reason: 'status_missing', lines: 3 }]);
});

test('written twice is written once', async () => {
  await open(hour, 1);
  const sample = letter(hour, 0, { raw: 'x' });
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await ledger.saveDeadLetters({ landingHour: hour, revision: 1 }, 1, { malformed_json: 1 }, [sample]);
  }
  expect(await ledger.deadLetterGroups()).toMatchObject([{ lines: 1 }]);
  expect(await ledger.deadLetterCases({}, 10)).toHaveLength(1);
});

test('what the hour’s current revision no longer refuses is history', async () => {
  await open(hour, 1);
  await ledger.saveDeadLetters({ landingHour: hour, revision: 1 }, 1, { malformed_json: 1 }, [letter(hour, 0, { raw: 'x' })]);
  await open(hour, 2);
  await ledger.saveDeadLetters({ landingHour: hour, revision: 2 }, 0, {}, []);
  expect(await ledger.deadLetterGroups()).toEqual([]);
});

test('a line with a NUL in it is kept to the byte', async () => {
  await open(hour, 1);
  const hostile = letter(hour, 0, { raw: 'a\u0000b ü' });
  await ledger.saveDeadLetters({ landingHour: hour, revision: 1 }, 1, { malformed_json: 1 }, [hostile]);
  const found = await ledger.deadLetterCase(caseIdOf(hostile));
  expect(found?.raw).toBeUndefined();
  expect(Buffer.from(found!.rawBase64!, 'base64').toString('utf8')).toBe('a\u0000b ü');
});

test('a case that was landed again is linked to its new line, once', async () => {
  await open(hour, 1);
  const sample = letter(hour, 0, { raw: 'x', sha256: 'ff', cards: 2 });
  await ledger.saveDeadLetters({ landingHour: hour, revision: 1 }, 1, { malformed_json: 1 }, [sample]);
  const caseId = caseIdOf(sample);
  expect(await ledger.deadLetterCase(caseId)).toEqual({ ...sample, caseId });
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await ledger.saveRedrive({ caseId, object: 'raw/redrive.ndjson', lineNumber: 3, by: 'ana' });
  }
  expect(await ledger.redrives([caseId])).toEqual([{ caseId, object: 'raw/redrive.ndjson', lineNumber: 3, by: 'ana', at: expect.any(String) }]);
  expect(await ledger.deadLetterGroups()).toMatchObject([{ redriven: 1 }]);
});

test('a case that nobody kept is not found', async () => {
  expect(await ledger.deadLetterCase('2026-11-20T10-000000000000')).toBeNull();
});
