/** What passes between Sluice and its Spark job: a description that holds everything, and a summary that is read with suspicion. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LandingHour } from '../../contract/landing-hour';
import type { CurateOutcome } from '../../engines/engine';
import { describeCurate, type SparkCurateJob } from '../../engines/spark/description';
import { jobFiles, JOBS_FOLDER } from '../../engines/spark/job-files';
import { readFailure, readSummary } from '../../engines/spark/summary';

const JOB: SparkCurateJob = {
  landingHour: '2026-11-20T10' as LandingHour, revision: 3, attempt: 'a1f00', processedAt: '2026-11-20T11:10:00.123Z',
  objects: [{ key: 'raw/a', version: 'v1', uri: 's3://lake/raw/a', etag: '"e"', bytes: 10, isSent: true }], out: 's3://lake/staging/x',
};

describe('the description', () => {
  const description = JSON.parse(describeCurate(JOB).json) as { sql: Record<string, string>; objects: unknown; curatedFile: string };

  test('is the same for the same job and another for another', () => {
    expect(describeCurate({ ...JOB })).toEqual(describeCurate(JOB));
    expect(describeCurate({ ...JOB, attempt: 'a2' }).sha256).not.toBe(describeCurate(JOB).sha256);
  });

  test('holds the SQL with everything filled in but what only the job learns', () => {
    const open = Object.entries(description.sql).flatMap(([name, text]) => [...text.matchAll(/\$\{([a-z_]+)\}/g)].map(([, place]) => `${name}: ${place}`));
    expect(open).toEqual(['kept: gone']);
  });

  test('names the curated files as the lake’s layout has them', () => {
    expect(description.curatedFile).toBe('dt={dt}/merchant_id={merchant_id}/2026-11-20T10-r3-a1f00-0.parquet');
  });
});

describe('the summary', () => {
  const { sha256 } = describeCurate(JOB);
  const outcome: CurateOutcome = {
    counts: {
      lines: 4, blank: 1, dead: 1, erased: 0, duplicates: 0, curated: 2, quarantined: [],
      sums: { rows: 2, sumRowHash: '1152921504606846976000', totals: [{ currency: 'EUR', status: 'CAPTURED', count: 2, amountCents: '18446744073709551614' }] },
      reasons: { malformed_json: 1 }, unknownFields: [{ field: 'x', count: 1, firstSeen: 'raw/a:2' }], cards: 0,
    },
    files: [{ path: 'dt=2026-11-20/merchant_id=m/f-0.parquet', dt: '2026-11-20', merchantId: 'm', rows: 2, bytes: 900 }],
    deadLetterFiles: ['dead-letters-00001.ndjson'],
  };

  test('of this job is the outcome', () => {
    expect(readSummary(JSON.stringify({ job: sha256, ...outcome }), sha256)).toEqual(outcome);
  });

  test.each<readonly [string, string, string]>([
    ['half written', JSON.stringify({ job: sha256, ...outcome }).slice(0, -40), 'transient'],
    ['of another job', JSON.stringify({ job: 'other', ...outcome }), 'transient'],
    ['with a reason that the contract does not have', JSON.stringify({ job: sha256, ...outcome, counts: { ...outcome.counts, reasons: { tired: 1 } } }), 'transient'],
    ['with an amount that passed through a float', JSON.stringify({ job: sha256, ...outcome }).replace('18446744073709551614', '1.8446744073709552e19'), 'transient'],
    ['in which a line is lost', JSON.stringify({ job: sha256, ...outcome, counts: { ...outcome.counts, lines: 5 } }), 'data'],
    ['in which a file is lost', JSON.stringify({ job: sha256, ...outcome, files: [] }), 'data'],
  ])('%s is refused', (_name, text, kind) => {
    expect(() => readSummary(text, sha256)).toThrow(expect.objectContaining({ name: 'SluiceError', kind }));
  });

  test('a failure that the job foresaw keeps its kind; one of another job says nothing', () => {
    const text = JSON.stringify({ job: sha256, kind: 'manifest_stale', what: 'the object is another one', on: 's3://lake/raw/a', fix: 'The hour lands again' });
    expect(readFailure(text, sha256)).toMatchObject({ kind: 'manifest_stale', on: 's3://lake/raw/a' });
    expect(readFailure(text, 'other')).toBeNull();
    expect(readFailure('{', sha256)).toBeNull();
  });
});

describe('the jobs’ files', () => {
  const JOBS = ['curate', 'scan', 'merge'] as const;
  const entries = JOBS.map((job) => jobFiles(job).entry);
  const { modules } = jobFiles('curate');
  const all = [...entries, ...modules];

  test('are the entries and the modules that they import, under one digest', () => {
    expect(new Set(JOBS.map((job) => jobFiles(job).digest)).size).toBe(1);
    expect(all.map((path) => path.slice(JOBS_FOLDER.length + 1)).sort()).toEqual(readdirSync(JOBS_FOLDER).filter((name) => name.endsWith('.py')).sort());
    const imported = new Set(all.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/^from (sluice_\w+) import/gm)].map(([, name]) => join(JOBS_FOLDER, `${name}.py`))));
    expect([...imported].sort()).toEqual([...modules].sort());
  });

  test('hold no SQL: it comes with the description', () => {
    const statement = /["'`]\s*(select\s|insert\s+into|create\s+(or\s+replace\s+)?(table|view|temp))/i;
    expect(all.filter((path) => statement.test(readFileSync(path, 'utf8')))).toEqual([]);
  });
});
