/** Runs the real engine over bytes and reads back what it wrote. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { decodeCurated } from '../../contract/curated-record';
import type { ErasedLines } from '../../contract/erasure';
import type { LandingHour } from '../../contract/landing-hour';
import type { CuratedPayment, DeadLetter } from '../../contract/payment';
import { decodeFrames, type RecordFrame } from '../../contract/record-frame';
import { createDuckdbEngine } from '../../engines/duckdb/engine';
import type { CurateOutcome, DifferenceJob, DifferenceOutcome, Engine, JobControl, LocalObject, Suppression } from '../../engines/engine';

export const HOUR = '2026-11-20T10' as LandingHour;
export const UNHURRIED: JobControl = { signal: new AbortController().signal, progress: () => undefined };

export interface Curated {
  readonly outcome: CurateOutcome;
  readonly letters: readonly DeadLetter[];
  readonly rows: readonly CuratedPayment[];
  /** local paths of the curated files */
  readonly files: readonly string[];
}

export type ObjectBytes = Buffer | string | { readonly bytes: Buffer | string; readonly erased: ErasedLines };

/** One folder and one engine for a test file. */
export class Workbench {
  private count = 0;

  private constructor(readonly folder: string, readonly engine: Engine) {}

  static async open(memoryLimit = '600MB', threads = 2): Promise<Workbench> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-test-curate-'));
    return new Workbench(folder, createDuckdbEngine({ memoryLimit, threads, workDir: folder }));
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  next(name: string): string {
    this.count += 1;
    return join(this.folder, `${name}-${this.count}`);
  }

  async objects(objects: Readonly<Record<string, ObjectBytes>>): Promise<readonly LocalObject[]> {
    const folder = this.next('objects');
    await mkdir(folder, { recursive: true });
    return Promise.all(Object.entries(objects).map(async ([key, given], i) => {
      const path = join(folder, String(i));
      const { bytes, ...more } = typeof given === 'string' || Buffer.isBuffer(given) ? { bytes: given } : given;
      await writeFile(path, bytes);
      return { key, version: `v-${key}`, path, ...more };
    }));
  }

  async curate(objects: Readonly<Record<string, ObjectBytes>>, revision = 1, control = UNHURRIED, suppression?: Suppression): Promise<Curated> {
    const outDir = this.next('out');
    const outcome = await this.engine.curate({
      landingHour: HOUR, revision, attempt: 'a1', processedAt: '2026-11-20T11:10:00.123Z', objects: await this.objects(objects), outDir,
      ...(suppression === undefined ? {} : { suppression }),
    }, control);
    const letters: DeadLetter[] = [];
    for (const name of outcome.deadLetterFiles) {
      const text = await readFile(join(outDir, 'dead-letters', name), 'utf8');
      letters.push(...text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as DeadLetter));
    }
    const files = outcome.files.map((file) => join(outDir, 'curated', file.path));
    return { outcome, letters, rows: (await this.difference({ now: files })).rows('upsert'), files };
  }

  async difference(job: Partial<DifferenceJob> & Pick<DifferenceJob, 'now'>): Promise<Difference> {
    const spool = this.next('spool');
    const whole: DifferenceJob = { landingHour: HOUR, revision: 1, base: [], publish: 'changed', format: 'avro', valueHeader: '', ...job, spool };
    const outcome = await this.engine.difference(whole, UNHURRIED);
    const { frames } = decodeFrames(await readFile(spool));
    return {
      outcome,
      frames,
      rows: (op) => frames.filter((frame) => frame.op === op).map((frame) => decodeCurated(whole.format, frame.value)),
    };
  }
}

export interface Difference {
  readonly outcome: DifferenceOutcome;
  readonly frames: readonly RecordFrame[];
  readonly rows: (op: RecordFrame['op']) => readonly CuratedPayment[];
}

export const GOOD = {
  payment_id: 'p-1', merchant_id: 'm-1', user_id: 'u-1', amount_cents: 1250, currency: 'EUR', status: 'CAPTURED', payment_method: 'card',
  risk_score: 12.5, authorized_at: '2026-11-20T10:00:01Z', completed_at: '2026-11-20T10:00:03.5Z', created_at: '2026-11-20T10:00:00Z',
  source_system: 'checkout', decline_reason: null,
} as const;

/** A good line, with fields given as they stand in the line; undefined takes one out. */
export function line(fields: Readonly<Record<string, string | undefined>> = {}): string {
  const texts: Record<string, string | undefined> = Object.fromEntries(Object.entries(GOOD).map(([name, value]) => [name, JSON.stringify(value)]));
  return `{${Object.entries({ ...texts, ...fields }).filter(([, text]) => text !== undefined).map(([name, text]) => `"${name}":${text}`).join(',')}}`;
}

export function linesOf(lines: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(lines.flatMap((text) => [Buffer.from(text as string), Buffer.from('\n')]));
}

/** A DuckDB of its own, for what the files say. */
export async function ask(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
