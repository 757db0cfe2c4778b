import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createRedrive, type RedriveCase, type RedriveResult } from '../../activities/redrive';
import { maskCards } from '../../contract/cards';
import { caseIdOf } from '../../contract/dead-letter-case';
import { parseLandingHour } from '../../contract/landing-hour';
import { committedKey, deadLettersPrefix, rawPrefix } from '../../contract/lake-layout';
import type { DeadLetter, Reason } from '../../contract/payment';
import type { RunAnswer, RunRequest } from '../../contract/run';
import { chosenCases, groupsOf, viewOf } from '../../scripts/dead-letter-cases';
import { shownCase, shownGroups } from '../../scripts/dead-letter-view';
import { openLake, type Lake } from '../../stores/lake';
import { openLedger, type Ledger } from '../../stores/ledger';
import { migrate } from '../../stores/migrations';
import type { Postgres } from '../../stores/postgres';
import { freshDatabase, type FreshDatabase } from '../ledger/fresh-database';

const HOUR = parseLandingHour('2026-11-20T10');
const CARD = '4111111111111111';
const folder = mkdtempSync(join(tmpdir(), 'sluice-cases-'));
let database: FreshDatabase;
let loader: Postgres;
let lake: Lake;
let ledger: Ledger;

beforeEach(async () => {
  database = await freshDatabase();
  await migrate(database.open('owner'));
  loader = database.open('loader');
  ledger = openLedger(loader);
  lake = openLake({ ...database.configuration, SLUICE_LAKE_BUCKET: `cases-${randomBytes(6).toString('hex')}` });
  await lake.ensureBucket();
});
afterEach(async () => {
  await lake.remove((await lake.list('')).map(({ key }) => key));
  lake.close();
  await database.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Lands the bytes and keeps some of their lines as dead letters of revision 1, the first few as the ledger's samples. */
async function refused(plain: Buffer, lines: readonly string[], options: { readonly stored?: Buffer; readonly samples?: number; readonly reason?: Reason } = {}): Promise<readonly DeadLetter[]> {
  const object = `${rawPrefix(HOUR)}${randomBytes(4).toString('hex')}.json`;
  const version = await lake.put(object, options.stored ?? plain);
  const reason = options.reason ?? 'malformed_json';
  const letters = lines.map((line): DeadLetter => {
    const offset = plain.indexOf(Buffer.from(line));
    const masked = maskCards(line);
    return {
      landingHour: HOUR, revision: 1, object, version, offset, length: Buffer.byteLength(line),
      lineNumber: plain.subarray(0, offset).toString('latin1').split('\n').length, reasons: [reason], raw: masked.text, cards: masked.cards,
    };
  });
  await lake.put(`${deadLettersPrefix(HOUR, 1)}0.ndjson`, letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
  await lake.put(committedKey(HOUR), JSON.stringify({ landingHour: HOUR, revision: 1 }));
  await ledger.openRevision({
    landingHour: HOUR, round: 1, kind: 'manual', by: 'ana', publish: 'changed', manifestFingerprint: 'm', transformFingerprint: 't', contractVersion: 1,
    force: false, objects: 1, bytes: 1, workflowId: 'w', workflowRunId: 'r', attemptToken: 'a',
  });
  await ledger.saveDeadLetters({ landingHour: HOUR, revision: 1 }, letters.length, { [reason]: letters.length }, letters.slice(0, options.samples ?? letters.length));
  return letters;
}

const audit = (): Promise<readonly { readonly who: string; readonly what: string; readonly detail: unknown }[]> =>
  loader.rows('select who, what, detail from ledger.audit where what like \'dead-letters%\' order by at');

/** Asks nobody: what the run then makes of the lines is another test's. */
function redriving(): { readonly redrive: (cases: readonly RedriveCase[]) => Promise<RedriveResult>; readonly asked: RunRequest[] } {
  const asked: RunRequest[] = [];
  const redrive = createRedrive({
    lake, ledger,
    hours: {
      request: async (landingHour, request) => {
        asked.push(request);
        return { landingHour, workflowId: 'w', workflowRunId: 'r', round: 1, attached: false, revision: null, unchanged: false, state: 'open', proof: null, message: 'accepted' } satisfies RunAnswer;
      },
    },
  });
  return { redrive: (cases) => redrive({ landingHour: HOUR, cases, by: 'ana', waitFor: 'accepted' }), asked };
}

const LINES = [`{"payment_id":"p1","note":"${CARD}",`, '{"payment_id":"p2" oops}', 'plain rubbish'];
const PLAIN = Buffer.from(`\uFEFF{"good":1}\n${LINES[0]}\r\n\n${LINES[1]}\n{"good":2}\n${LINES[2]}`);

test('the list groups refused lines by reason and shows a few cases of each', async () => {
  const letters = await refused(PLAIN, LINES);
  const groups = await groupsOf(ledger, { landingHour: HOUR, samples: 2 });
  expect(groups).toMatchObject([{ reason: 'malformed_json', lines: 3, redriven: 0, firstHour: HOUR }]);
  expect(groups[0]!.cases.map((one) => one.case)).toEqual(letters.slice(0, 2).map(caseIdOf));
  const text = shownGroups(groups);
  expect(text).toContain(caseIdOf(letters[0]!));
  expect(text).not.toContain(CARD);
  expect(shownGroups(await groupsOf(ledger, { reason: 'currency_invalid', samples: 3 }))).toBe('no line was refused');
});

test('a case shows where the line came from, its card number masked, and nobody is written down for it', async () => {
  const [letter] = await refused(PLAIN, LINES);
  const view = await viewOf(lake, ledger, caseIdOf(letter!), {});
  expect(view).toMatchObject({ case: caseIdOf(letter!), object: letter!.object, lineNumber: 2, offset: letter!.offset, reasons: ['malformed_json'], cards: 1, redrives: [] });
  expect(shownCase(view)).toContain('411111');
  expect(JSON.stringify(view) + shownCase(view)).not.toContain(CARD);
  expect(await audit()).toEqual([]);
});

test('a case that is no sample of the ledger is found in the lake', async () => {
  const letters = await refused(PLAIN, LINES, { samples: 1 });
  expect(await viewOf(lake, ledger, caseIdOf(letters[2]!), {})).toMatchObject({ raw: LINES[2], lineNumber: 6 });
});

test('the raw line is shown to the byte, and who looked is written down', async () => {
  const [letter] = await refused(PLAIN, LINES);
  const view = await viewOf(lake, ledger, caseIdOf(letter!), { raw: true, by: 'ana' });
  expect(view.original).toBe(LINES[0]);
  expect(await audit()).toMatchObject([{ who: 'ana', what: 'dead-letters show --raw', detail: { case: caseIdOf(letter!), object: letter!.object } }]);
});

const cut = 40;
/** One raw block: a frame that needs no compressor. */
const zstdFrame = Buffer.concat([
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, PLAIN.length, ((PLAIN.length << 3) | 1) & 0xff, (PLAIN.length << 3) >> 8, 0]), PLAIN,
]);
test.each([
  ['gzip of two members', Buffer.concat([gzipSync(PLAIN.subarray(0, cut)), gzipSync(PLAIN.subarray(cut))])],
  ['zstd', zstdFrame],
])('the raw line is found inside %s', async (_what, stored) => {
  const letters = await refused(PLAIN, LINES, { stored });
  for (const [index, letter] of letters.entries()) {
    expect((await viewOf(lake, ledger, caseIdOf(letter), { raw: true, by: 'ana' })).original).toBe(LINES[index]);
  }
});

test('lines anywhere in a large object come back whole', async () => {
  const bad = Array.from({ length: 40 }, (_, i) => `bad ${i} ${createHash('sha256').update(String(i)).digest('hex').repeat(200)}!`);
  const plain = Buffer.from(bad.map((line, i) => `{"filler":"${String(i).repeat(90_000)}"}\n${line}\n`).join(''));
  const letters = await refused(plain, bad, { stored: gzipSync(plain), samples: 2 });
  const { redrive } = redriving();
  const { object } = await redrive(letters.map((letter) => ({ caseId: caseIdOf(letter), letter })));
  const landed = (await lake.readText(object))!.text.trimEnd().split('\n').sort();
  expect(landed).toEqual([...bad].sort());
});

test('a line that is not UTF-8 is shown in base64', async () => {
  const line = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
  const [letter] = await refused(Buffer.concat([line, Buffer.from('\n')]), ['x']);
  const { landingHour, revision, object, version, lineNumber, reasons } = letter!;
  const rest: DeadLetter = { landingHour, revision, object, version, lineNumber, reasons, offset: 0, length: 4, rawBase64: line.toString('base64') };
  await ledger.saveDeadLetters({ landingHour: HOUR, revision: 1 }, 1, { malformed_json: 1 }, [rest]);
  expect((await viewOf(lake, ledger, caseIdOf(rest), { raw: true, by: 'ana' })).originalBase64).toBe(line.toString('base64'));
});

test('the raw line of an object that was overwritten is gone, and the error says so', async () => {
  const [letter] = await refused(PLAIN, LINES);
  await lake.put(letter!.object, 'something else');
  await expect(viewOf(lake, ledger, caseIdOf(letter!), { raw: true, by: 'ana' })).rejects.toThrow(/overwritten or removed.*--with FILE/);
  expect(await audit()).toHaveLength(1);
});

test('something that is no case is refused with a right one', async () => {
  await expect(viewOf(lake, ledger, 'nonsense', {})).rejects.toMatchObject({ kind: 'usage', message: expect.stringMatching(/2026-11-20T10-/) });
  await expect(viewOf(lake, ledger, '2026-11-20T10-000000000000', {})).rejects.toThrow(/no such case/);
});

test('redriven lines land in their hour as they were, linked to their cases, and the run is asked for', async () => {
  const letters = await refused(PLAIN, LINES);
  const { redrive, asked } = redriving();
  const cases = await chosenCases(lake, ledger, letters.map(caseIdOf), {});
  const result = await redrive(cases);
  expect(result).toMatchObject({ found: false });
  expect(result.object).toMatch(new RegExp(`^${rawPrefix(HOUR)}redrive-[0-9a-f]{32}\\.ndjson$`));
  const landed = (await lake.readText(result.object))!.text.split('\n');
  for (const [index, letter] of letters.entries()) {
    const [redriven] = await ledger.redrives([caseIdOf(letter)]);
    expect(redriven).toMatchObject({ object: result.object, by: 'ana' });
    expect(landed[redriven!.lineNumber - 1]).toBe(LINES[index]);
  }
  expect(asked).toMatchObject([{ kind: 'redrive', by: 'ana' }]);
  expect(await audit()).toMatchObject([{ who: 'ana', what: 'dead-letters redrive', detail: { object: result.object } }]);
  expect((await viewOf(lake, ledger, caseIdOf(letters[0]!), {})).redrives).toHaveLength(1);
});

test('the same lines redriven twice land once, in whatever order they are named', async () => {
  const letters = await refused(PLAIN, LINES);
  const { redrive } = redriving();
  const ids = letters.map(caseIdOf);
  const first = await redrive(await chosenCases(lake, ledger, ids, {}));
  const second = await redrive(await chosenCases(lake, ledger, [...ids].reverse(), {}));
  expect(second).toMatchObject({ object: first.object, found: true, lines: first.lines });
  expect((await lake.list(rawPrefix(HOUR))).filter(({ key }) => key.includes('redrive-'))).toHaveLength(1);
  expect(await ledger.redrives(ids)).toHaveLength(3);
});

test('all lines of a reason are taken from the lake, not only the ledger’s samples', async () => {
  await refused(PLAIN, LINES, { samples: 1 });
  expect(await chosenCases(lake, ledger, [], { landingHour: HOUR, reason: 'malformed_json' })).toHaveLength(3);
  await expect(chosenCases(lake, ledger, [], { landingHour: HOUR, reason: 'currency_invalid' })).rejects.toThrow(/no line was refused for currency_invalid/);
});

describe('corrected lines', () => {
  const file = join(folder, 'corrected.ndjson');
  const GOOD = ['{"payment_id":"p1","amount_cents":9223372036854775807}', '{"payment_id":"p2"}', '{"payment_id":"p3"}'];

  test('stand in the order of the cases', async () => {
    const letters = await refused(PLAIN, LINES);
    writeFileSync(file, `${GOOD.join('\r\n')}\n`);
    const cases = await chosenCases(lake, ledger, letters.map(caseIdOf), { with: file });
    expect(cases.map(({ corrected }) => corrected!.toString())).toEqual(GOOD);
    const { lines, object } = await redriving().redrive(cases);
    expect(lines.every(({ corrected }) => corrected)).toBe(true);
    expect((await lake.readText(object))!.text.trimEnd().split('\n').sort()).toEqual([...GOOD].sort());
  });

  test('or name their cases themselves, as text or as the payment, with every digit kept', async () => {
    const letters = await refused(PLAIN, LINES);
    const ids = letters.map(caseIdOf);
    writeFileSync(file, [
      `{"case":"${ids[2]}","line":${JSON.stringify(GOOD[2])}}`, `{"line": ${GOOD[0]} , "case":"${ids[0]}"}`, `{"case":"${ids[1]}", "line":${GOOD[1]}}`,
    ].join('\n'));
    const cases = await chosenCases(lake, ledger, [], { with: file });
    expect(Object.fromEntries(cases.map(({ caseId, corrected }) => [caseId, corrected!.toString()]))).toEqual({ [ids[0]!]: GOOD[0], [ids[1]!]: GOOD[1], [ids[2]!]: GOOD[2] });
    const { object } = await redriving().redrive(cases);
    expect(await redriving().redrive([...cases].reverse())).toMatchObject({ object, found: true });
  });

  test('need no original: one that was overwritten can still be corrected', async () => {
    const [letter] = await refused(PLAIN, LINES);
    await lake.put(letter!.object, 'something else');
    writeFileSync(file, GOOD[0]!);
    const { object } = await redriving().redrive(await chosenCases(lake, ledger, [caseIdOf(letter!)], { with: file }));
    expect((await lake.readText(object))!.text).toBe(`${GOOD[0]}\n`);
  });

  test('that do not match the cases are refused before anything is landed', async () => {
    const ids = (await refused(PLAIN, LINES)).map(caseIdOf);
    writeFileSync(file, GOOD[0]!);
    await expect(chosenCases(lake, ledger, ids, { with: file })).rejects.toThrow(/3 cases and 1 corrected lines/);
    writeFileSync(file, `{"case":"${ids[0]}","line":"x"}\n{"payment_id":"p2"}`);
    await expect(chosenCases(lake, ledger, [], { with: file })).rejects.toThrow(/name their case and this one does not/);
    await expect(chosenCases(lake, ledger, [], { landingHour: HOUR, reason: 'malformed_json', with: file })).rejects.toMatchObject({ kind: 'usage' });
    await expect(chosenCases(lake, ledger, [ids[0]!, ids[0]!], {})).rejects.toThrow(/twice/);
    await expect(chosenCases(lake, ledger, ids, { landingHour: HOUR })).rejects.toMatchObject({ kind: 'usage' });
    await expect(chosenCases(lake, ledger, [], {})).rejects.toThrow(/no case is named/);
    await expect(chosenCases(lake, ledger, ids, { with: join(folder, 'absent') })).rejects.toThrow(/no such file/);
    expect((await lake.list(rawPrefix(HOUR))).filter(({ key }) => key.includes('redrive-'))).toEqual([]);
  });
});
