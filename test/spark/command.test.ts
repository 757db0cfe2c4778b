/** `sluice curate --engine spark-local`: the same document on stdout as with DuckDB. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { generateLines, GENERATE_DEFAULTS } from '../../scripts/generate/lines';
import { setUpSpark } from '../../scripts/setup/spark';
import { Terminal } from '../../scripts/terminal';
import { HOUR, line, linesOf } from '../curate/curating';
import { JOB_MS, SET_UP_MS } from './spark-bench';

const CLI = join(__dirname, '..', '..', 'dist', 'scripts', 'sluice.js');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-spark-'));
  // Not within the command's time.
  await setUpSpark(new Terminal(false));
}, SET_UP_MS);
afterAll(async () => rm(folder, { recursive: true, force: true }));

async function curate(engine: string): Promise<{ readonly code: number; readonly stdout: string; readonly out: readonly string[] }> {
  const out = join(folder, `out-${engine}`);
  const args = [CLI, 'curate', '--engine', engine, '--in', join(folder, 'a.ndjson'), join(folder, 'b.gz'), join(folder, 'cut.gz'), '--landing-hour', HOUR, '--out', out, '--json'];
  const ran = await new Promise<{ code: number; stdout: string }>((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 1e8, env: { ...process.env, SLUICE_SPARK_MEMORY: '700MB' } }, (error, stdout) => resolve({ code: error === null ? 0 : Number(error.code), stdout }));
  });
  return { ...ran, out: await readdir(out) };
}

test('the document is the same to the byte, and so is what lies in the folder', async () => {
  await writeFile(join(folder, 'a.ndjson'), Buffer.concat([...generateLines({ ...GENERATE_DEFAULTS, landingHour: HOUR, lines: 2000, bad: 0.05 })]));
  await writeFile(join(folder, 'b.gz'), gzipSync(linesOf([line(), line(), '', line({ amount_cents: '9223372036854775807', x: '1' }), '{'])));
  await writeFile(join(folder, 'cut.gz'), gzipSync(line()).subarray(0, -4));
  const [spark, duckdb] = [await curate('spark-local'), await curate('duckdb')];
  expect(spark.stdout).toBe(duckdb.stdout);
  expect(JSON.parse(spark.stdout)).toMatchObject({ lines: 2005, blank: 1, quarantined: 1, quarantinedObjects: [join(folder, 'cut.gz')] });
  expect([spark.code, duckdb.code]).toEqual([1, 1]);
  expect(spark.out).toEqual(duckdb.out);
}, JOB_MS);
