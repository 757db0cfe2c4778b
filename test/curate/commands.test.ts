/** `sluice curate` and `sluice generate` as a person or a script meets them. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { line, linesOf } from './curating';

const CLI = join(__dirname, '..', '..', 'dist', 'scripts', 'sluice.js');
let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'sluice-test-commands-')); });
afterAll(async () => rm(folder, { recursive: true, force: true }));

async function sluice(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return sluiceWith({}, ...args);
}

async function sluiceWith(settings: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const run = `require(${JSON.stringify(CLI)}).main(process.argv.slice(1)).then((code) => { process.exitCode = code || process.exitCode; })`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['-e', run, '--', ...args], { maxBuffer: 1e8, env: { ...process.env, ...settings } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const curate = async (...args: readonly string[]): ReturnType<typeof sluice> => sluice('curate', '--landing-hour', '2026-11-20T10', ...args);

test('curate reads files and folders and prints one document with the counts, exact sums and reasons', async () => {
  await mkdir(join(folder, 'in', 'deeper'), { recursive: true });
  await writeFile(join(folder, 'in', 'a.ndjson'), linesOf([line(), line(), '', line({ payment_id: '"p-2"', amount_cents: '9223372036854775807' }), '{']));
  await writeFile(join(folder, 'in', 'deeper', 'b.gz'), gzipSync(linesOf([line({ payment_id: '"p-3"', amount_cents: '9223372036854775807', currency: '"USD"' })])));
  await writeFile(join(folder, 'in', '.hidden'), 'not a line');
  await writeFile(join(folder, 'single'), line({ payment_id: '"p-4"', currency: 'null', amount_cents: '-1' }));
  const { code, stdout } = await curate('--in', join(folder, 'in'), join(folder, 'single'), '--out', join(folder, 'out'), '--json');
  const document = JSON.parse(stdout) as Record<string, unknown>;
  expect(code).toBe(0);
  expect(document).toMatchObject({
    lines: 7, blank: 1, dead: 2, duplicates: 1, curated: 3, quarantined: 0,
    totals: [
      { currency: 'EUR', status: 'CAPTURED', count: 2, amountCents: '9223372036854777057' },
      { currency: 'USD', status: 'CAPTURED', count: 1, amountCents: '9223372036854775807' },
    ],
    reasons: { malformed_json: 1, amount_negative: 1, currency_missing: 1 },
  });
  expect(document.sumRowHash).toMatch(/^[0-9]+$/);
  expect((await readdir(join(folder, 'out'))).sort()).toEqual(['curated', 'dead-letters']);
  expect(await readdir(join(folder, 'out', 'curated', 'dt=2026-11-20', 'merchant_id=m-1'))).toEqual(['2026-11-20T10-r1-local-0.parquet']);
  const [name] = await readdir(join(folder, 'out', 'dead-letters'));
  const letters = (await readFile(join(folder, 'out', 'dead-letters', name!), 'utf8')).trim().split('\n').map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(letters).toMatchObject([
    { object: join(folder, 'in', 'a.ndjson'), lineNumber: 5, reasons: ['malformed_json'], raw: '{' },
    { object: join(folder, 'single'), offset: 0, lineNumber: 1, reasons: ['amount_negative', 'currency_missing'] },
  ]);
});

test('curate makes the folder it is to work in, and leaves nothing in it', async () => {
  await writeFile(join(folder, 'one'), line());
  const work = join(folder, 'work', 'deeper');
  const { code, stderr } = await sluiceWith({ SLUICE_WORK_DIR: work }, 'curate', '--landing-hour', '2026-11-20T10', '--in', join(folder, 'one'), '--out', join(folder, 'out-work'), '--json');
  expect([code, stderr]).toEqual([0, '']);
  expect(await readdir(work)).toEqual([]);
});

test('curate for people is a table; an object that cannot be read is named, and the exit code is 1', async () => {
  await writeFile(join(folder, 'good'), line());
  await writeFile(join(folder, 'cut.gz'), gzipSync(line()).subarray(0, -4));
  const { code, stdout, stderr } = await curate('--in', join(folder, 'good'), join(folder, 'cut.gz'), '--out', join(folder, 'out-cut'));
  expect(code).toBe(1);
  expect(stdout).toContain('1 lines = 0 blank + 0 dead + 0 duplicates + 1 curated');
  expect(stderr).toContain(join(folder, 'cut.gz'));
});

test.each([
  ['a folder that has files', async () => curate('--in', join(folder, 'good'), '--out', folder), /not empty/],
  ['a file that is not there', async () => curate('--in', join(folder, 'absent'), '--out', join(folder, 'o1')), /absent/],
  ['an hour that is none', async () => sluice('curate', '--in', join(folder, 'good'), '--out', join(folder, 'o2'), '--landing-hour', '2026-11-20'), /2026-11-20T10/],
  ['an engine that is not here', async () => curate('--in', join(folder, 'good'), '--out', join(folder, 'o3'), '--engine', 'spark'), /duckdb/],
])('curate refuses %s with exit code 2', async (_name, run, message) => {
  const { code, stderr } = await run();
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test('generate writes the same hours for the same seed, and curate takes them', async () => {
  const generate = async (out: string, seed: string): ReturnType<typeof sluice> =>
    sluice('generate', '--landing-hour', '2026-11-20T23', '--hours', '2', '--lines', '2000', '--bad', '0.01', '--seed', seed, '--out', join(folder, out), '--json');
  const { code, stdout } = await generate('generated', '5');
  expect(code).toBe(0);
  const { objects } = JSON.parse(stdout) as { objects: { landingHour: string; key: string; lines: number }[] };
  expect(objects.map(({ landingHour, key, lines }) => [landingHour, key, lines])).toEqual([
    ['2026-11-20T23', 'dt=2026/11/20/23/generated-5.ndjson', 2000], ['2026-11-21T00', 'dt=2026/11/21/00/generated-5.ndjson', 2000],
  ]);
  await generate('again', '5');
  await generate('other', '6');
  const read = async (out: string, seed: string): Promise<Buffer> => readFile(join(folder, out, `dt=2026/11/20/23/generated-${seed}.ndjson`));
  expect((await read('again', '5')).equals(await read('generated', '5'))).toBe(true);
  expect((await read('other', '6')).equals(await read('generated', '5'))).toBe(false);
  const curated = await curate('--in', join(folder, 'generated', 'dt=2026'), '--out', join(folder, 'generated-out'), '--json');
  expect(JSON.parse(curated.stdout)).toMatchObject({ lines: 4000, blank: 0, dead: 40, duplicates: 80, quarantined: 0 });
});
