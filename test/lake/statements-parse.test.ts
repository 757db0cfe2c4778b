/** Athena's engine is Trino: what its parser refuses, Athena does. Whether the answers are right is held by `npm run parity:athena`. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LAKE_QUESTIONS } from '../../contract/lake-question';
import { parseLandingHour } from '../../contract/landing-hour';
import { cacheDir } from '../../scripts/setup/platform';
import { setUpTrinoParser } from '../../scripts/setup/trino-parser';
import { Terminal } from '../../scripts/terminal';
import { sqlFilesOf } from '../../sql/read-sql';
import { everyStatement } from './every-statement';

const STATEMENTS = everyStatement({
  before: '2026-11-19', day: '2026-11-20', after: '2026-11-21', hours: [parseLandingHour('2026-11-20T10')], shop: 'shop', odd: "od'd:@x", paymentIds: ["p'1"],
});

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'sluice-test-parse-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function refused(statements: readonly string[]): Promise<readonly string[]> {
  const jars = await setUpTrinoParser({ cache: cacheDir(), terminal: new Terminal(false) });
  const files = statements.map((sql, i) => {
    const file = join(folder, `${i}.sql`);
    writeFileSync(file, sql);
    return file;
  });
  const home = process.env.JAVA_HOME;
  const { stdout } = await promisify(execFile)(home === undefined || home === '' ? 'java' : join(home, 'bin', 'java'), [
    '-Xmx256m', '-cp', join(jars, '*'), 'org.openjdk.nashorn.tools.Shell', '--language=es6', join(__dirname, 'parse-statements.js'), '--', ...files,
  ]);
  const answers = stdout.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
  expect(answers.map(([, file]) => file)).toEqual(files);
  return answers.flatMap(([how, , why]) => (how === 'parsed' ? [] : [why!]));
}

test('every statement for Athena is one to Trino’s parser', async () => {
  expect(await refused(STATEMENTS.map(({ sql }) => sql))).toEqual([]);
});

test('one that is none is refused', async () => {
  expect(await refused(['select 1', 'select from payments'])).toEqual([expect.stringMatching(/^line 1:8: mismatched input 'from'/)]);
});

test('no file for Athena is left out, and no place in it unfilled', () => {
  const files = ['lake', 'lake/reports', 'lake/views'].flatMap((room) => sqlFilesOf(room)).filter((name) => !name.endsWith('.duckdb.sql')).map((name) => name.replace(/^lake\//, ''));
  expect([...new Set(STATEMENTS.map(({ file }) => file))].sort()).toEqual([...files].sort());
  expect(LAKE_QUESTIONS.map((name) => `${name}.sql`).filter((name) => !files.includes(name))).toEqual([]);
  expect(STATEMENTS.filter(({ sql }) => sql.includes('${')).map(({ file }) => file)).toEqual([]);
});
