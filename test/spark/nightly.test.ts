/** The night's jobs by DuckDB and by Spark, over the same files: the same sums, the same flaws, the same merged rows in the same order. */
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { hoursAfter, type LandingHour } from '../../contract/landing-hour';
import type { CuratedPath, HourSums, KeptFile } from '../../engines/engine';
import type { HourToScan, NightlyEngine, NightlyFile } from '../../engines/nightly';
import { createSparkLocalNightly } from '../../engines/spark-local/nightly';
import { generateLines, GENERATE_DEFAULTS } from '../../scripts/generate/lines';
import { HOUR, UNHURRIED } from '../curate/curating';
import { hostileObjects } from './hostile-objects';
import { differingRows, JOB_MS, SET_UP_MS, SparkBench } from './spark-bench';

const PROCESSED_AT = '2026-11-20T11:10:00.123Z';
const HOURS = [HOUR, hoursAfter(HOUR, 1), hoursAfter(HOUR, 2)] as const;

let bench: SparkBench;
let nightly: NightlyEngine;
/** The lake: keys are the files' own paths, and staging is a folder. */
let staged: string;
let filesOf: ReadonlyMap<LandingHour, readonly string[]>;

beforeAll(async () => {
  bench = await SparkBench.open();
  staged = bench.duckdb.next('lake');
  nightly = createSparkLocalNightly({ python: bench.python, memoryLimit: '700MB', threads: 2, workDir: bench.duckdb.folder }, {
    downloadAll: (objects) => Promise.resolve(objects.map(({ key }) => key)),
    async putFiles(files) {
      for (const { key, path } of files) {
        await mkdir(dirname(join(staged, key)), { recursive: true });
        await copyFile(path, join(staged, key));
      }
    },
  });
  filesOf = new Map(await Promise.all(HOURS.map(async (landingHour, i) => {
    const generated = Buffer.concat([...generateLines({ ...GENERATE_DEFAULTS, landingHour, lines: 4_000, bad: 0.01, late: 0.05, duplicates: 0.02, merchants: 4, seed: 11 + i })]);
    const objects = await bench.duckdb.objects({ 'generated.ndjson': generated, ...(i === 0 ? { 'rules.ndjson': (await hostileObjects(1))['rules.ndjson']! } : {}) });
    const outDir = bench.duckdb.next('out');
    const { files } = await bench.duckdb.engine.curate({ landingHour, revision: 1, attempt: 'a1', processedAt: PROCESSED_AT, objects, outDir }, UNHURRIED);
    const largestFirst = [...files].sort((a, b) => b.rows - a.rows);
    return [landingHour, largestFirst.map(({ path }) => join(outDir, 'curated', path))] as const;
  })));
}, SET_UP_MS);
afterAll(async () => bench?.close());

async function nightlyFile(path: string, landingHours: readonly LandingHour[] | null = null): Promise<NightlyFile> {
  return { key: path, etag: path, bytes: await stat(path).then(({ size }) => size, () => 0), landingHours };
}

async function toScan(landingHour: LandingHour, files: readonly KeptFile[]): Promise<HourToScan> {
  return { landingHour, revision: 1, processedAt: PROCESSED_AT, files: await Promise.all(files.map(({ path, shared }) => nightlyFile(path, shared ? [landingHour] : null))) };
}

async function scan(hours: readonly { readonly landingHour: LandingHour; readonly files: readonly KeptFile[] }[]) {
  const job = await Promise.all(hours.map(({ landingHour, files }) => toScan(landingHour, files)));
  return (await nightly.scan({ date: '2026-11-20', askedAs: 'test', hours: job }, UNHURRIED)).hours;
}

async function byDuckdb(landingHour: LandingHour, files: readonly KeptFile[]) {
  const { unreadable, ...held } = await bench.duckdb.engine.bucketSums({ landingHour, revision: 1, processedAt: PROCESSED_AT, files }, UNHURRIED);
  return { landingHour, held: unreadable.length === 0 ? held : null };
}

const own = (landingHour: LandingHour): readonly KeptFile[] => filesOf.get(landingHour)!.map((path) => ({ path, shared: false }));

/** A copy of the file, changed by statements over the table `payments`. */
async function changed(file: string, ...statements: readonly string[]): Promise<string> {
  const out = bench.duckdb.next('changed');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`create table payments as select * from read_parquet('${file}', hive_partitioning = false)`);
  for (const statement of statements) await connection.run(statement);
  await connection.run(`copy payments to '${out}' (format parquet, compression zstd)`);
  connection.closeSync();
  instance.closeSync();
  return out;
}

async function mergedByDuckdb(merges: readonly (readonly CuratedPath[])[]) {
  const outs = merges.map(() => bench.duckdb.next('merged'));
  const { merged } = await bench.duckdb.engine.compact({ merges: merges.map((files, i) => ({ files, out: outs[i]! })) }, UNHURRIED);
  return { merged, outs };
}

test('hours add up alike, bucket by bucket, those of shared files too, and what was planted in them is flawed alike', async () => {
  const [first, second, third] = HOURS;
  // A file that compaction made of two hours, and with every way in which a row can be wrong.
  const { outs: [shared] } = await mergedByDuckdb([[filesOf.get(second)![0]!, filesOf.get(third)![0]!]]);
  const wrong = await changed(
    filesOf.get(third)![1]!,
    'alter table payments add column n bigint', 'update payments set n = rowid',
    'update payments set amount_cents = amount_cents + 1 where n = 1', 'update payments set row_hash = 1 where n = 2', 'update payments set dt = dt + 1 where n = 3',
    'update payments set landing_hour = landing_hour + interval 1 hour where n = 4', 'update payments set curated_version = 7 where n = 5',
    "update payments set risk_score = 'nan' where n = 6", 'update payments set is_approved = null where n = 7', 'update payments set payment_id = null where n = 8',
    'update payments set currency = null, amount_cents = null where n = 9', 'update payments set processed_at = processed_at + interval 1 microsecond where n = 10',
    'update payments set authorized_to_complete_ms = -1 where n = 11', "update payments set user_id = 'ü|~%𝄞' where n = 12", 'update payments set hour = 25 where n = 13',
    'update payments set risk_score = 1e300 where n = 14', 'delete from payments where n = 15', 'insert into payments select * from payments where n = 16', 'alter table payments drop column n',
  );
  const hours = [
    { landingHour: first, files: own(first) },
    { landingHour: second, files: [...own(second).slice(1), { path: shared!, shared: true }] },
    { landingHour: third, files: [...own(third).slice(2), { path: wrong, shared: false }, { path: shared!, shared: true }] },
  ];
  const duckdb = await Promise.all(hours.map(({ landingHour, files }) => byDuckdb(landingHour, files)));
  expect(duckdb[0]!.held!.sums.rows).toBeGreaterThan(3_500);
  expect(duckdb[0]!.held!.buckets.every(({ flawed }) => flawed === 0)).toBe(true);
  expect(duckdb[2]!.held!.buckets.reduce((sum, { flawed }) => sum + flawed, 0)).toBeGreaterThan(10);
  expect(await scan(hours)).toEqual(duckdb);
}, JOB_MS);

test('an hour with a file that cannot be read is told as such, and the others are summed', async () => {
  const [first, second] = HOURS;
  const [file, ...rest] = filesOf.get(second)!;
  const spoilt = async (bytes: Buffer): Promise<string> => {
    const path = bench.duckdb.next('spoilt');
    await writeFile(path, bytes);
    return path;
  };
  const bytes = await readFile(file!);
  const others = rest.map((path) => ({ path, shared: false }));
  const files = [
    await spoilt(Buffer.from('PAR1 is what it begins with, and no more than that')), await spoilt(bytes.subarray(0, bytes.length / 2)),
    await changed(file!, 'alter table payments drop column payment_id'), bench.duckdb.next('absent'),
  ];
  const hours = [{ landingHour: first, files: own(first) }, ...files.map((path) => ({ landingHour: second, files: [{ path, shared: false }, ...others] }))];
  const empty = { path: await spoilt(Buffer.alloc(0)), shared: false };
  expect(await scan([...hours, { landingHour: second, files: [empty, ...others] }])).toEqual([
    await byDuckdb(first, own(first)), ...files.map(() => ({ landingHour: second, held: null })),
    // A file without a byte is passed over: its rows are missing in the sums.
    await byDuckdb(second, others),
  ]);
}, JOB_MS);

test('files become one with the same rows in the same order, and what they held is told hour by hour', async () => {
  const [first, second, third] = HOURS;
  const { outs: [shared] } = await mergedByDuckdb([[filesOf.get(first)![0]!, filesOf.get(second)![0]!, filesOf.get(third)![0]!]]);
  const merges: readonly { readonly path: string; readonly hours: readonly LandingHour[] | null }[][] = [
    HOURS.map((hour) => ({ path: filesOf.get(hour)![1]!, hours: null })),
    // Of the shared file, one hour has gone on to another revision.
    [{ path: shared!, hours: [first, third] }, { path: filesOf.get(second)![1]!, hours: null }],
    [{ path: shared!, hours: [second] }],
  ];
  const duckdb = await mergedByDuckdb(merges.map((files) => files.flatMap<CuratedPath>(({ path, hours }) => (hours === null ? [path] : hours.map((landingHour) => ({ path, landingHour }))))));
  const spark = await nightly.merge({
    date: '2026-11-20', merges: await Promise.all(merges.map(async (files) => ({ files: await Promise.all(files.map(({ path, hours }) => nightlyFile(path, hours))) }))),
  }, UNHURRIED);
  const told = (merged: readonly { readonly rows: number; readonly hours: readonly HourSums[] }[]): unknown => merged.map(({ rows, hours }) => ({ rows, hours }));
  expect(told(spark.merged)).toEqual(told(duckdb.merged));
  for (const [i, { key, bytes }] of spark.merged.entries()) {
    const path = join(staged, key);
    expect((await stat(path)).size).toBe(bytes);
    expect(await differingRows([duckdb.outs[i]!], [path])).toEqual([]);
    expect(await idsOf(path)).toEqual(await idsOf(duckdb.outs[i]!));
  }
  // Read back by the other engine, they hold what was told of them.
  expect(await bench.duckdb.engine.sumsByHour({ files: [join(staged, spark.merged[0]!.key)] }, UNHURRIED)).toEqual(spark.merged[0]!.hours);
  expect(spark.merged.every(({ key }) => key.startsWith(spark.workPrefix))).toBe(true);
}, JOB_MS);

async function idsOf(file: string): Promise<readonly unknown[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(`select payment_id, landing_hour::varchar from read_parquet('${file}', file_row_number = true, hive_partitioning = false) order by file_row_number`)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
