/** Objects are read while they are fetched: an hour is the same as of whole ones, and of an object that does not come as the manifest has it nothing is kept. */
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { curateRaw } from '../../activities/raw-to-curate';
import { rawPrefix } from '../../contract/lake-layout';
import type { LandedObject } from '../../contract/run';
import type { CurateOutcome, Engine, JobControl, LocalEngine } from '../../engines/engine';
import { serving } from '../lake/served-lake';
import { until } from '../support/until';
import { HOUR, line, Workbench } from './curating';
import { storedFrame } from './zstd-frames';

const MIB = 1024 * 1024;
/** More than readers have under way at once, and of it enough lines that somebody hears of them. They are blank, so that it is quick. */
const FIRST = 24 * MIB;
const BLANK = `${' '.repeat(31)}\n`;

/** A gateway that keeps back what nobody waits for; where it is waited for all the same, the test is not to hang. */
const PATIENCE = { ms: 8_000 };

let bench: Workbench;
beforeAll(async () => { bench = await Workbench.open('300MB', 2); });
afterAll(() => bench.close());

function object(): Buffer {
  const payments = Array.from({ length: 16_000 }, (_, i) => line({ payment_id: `"p-${i}"` }));
  return Buffer.from(`${BLANK.repeat(FIRST / BLANK.length)}${payments.join('\n')}\n`);
}

/** What the gateway does with a request for an object, by the object's number. */
type Answering = (response: ServerResponse, n: number) => void | Promise<void>;

interface Hour {
  readonly objects: readonly LandedObject[];
  readonly answer: Answering;
}

interface Fetched {
  readonly outcome: Promise<CurateOutcome>;
  /** lines that were read so far */
  readonly lines: () => number;
  readonly pids: ReadonlySet<number>;
}

function landed(sizes: readonly number[]): readonly LandedObject[] {
  return sizes.map((bytes, n) => ({ key: `${rawPrefix(HOUR)}${String(n).padStart(2, '0')}`, etag: '"e"', bytes, lastModified: '2026-11-20T10:30:00.000Z' }));
}

async function fetching(hour: (fetched: Pick<Fetched, 'lines'>) => Hour, look: (fetched: Fetched) => Promise<void>, engine: LocalEngine = bench.engine, signal = new AbortController().signal): Promise<void> {
  let read = 0;
  const pids = new Set<number>();
  const lines = (): number => read;
  const { objects, answer } = hour({ lines });
  const gateway = await serving((request: IncomingMessage, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://gateway');
    if (searchParams.has('versioning')) response.end('<VersioningConfiguration/>');
    else if (searchParams.has('list-type')) response.end('<ListBucketResult/>');
    else void Promise.resolve(answer(response, objects.findIndex(({ key }) => decodeURIComponent(pathname).endsWith(key)))).catch(() => response.destroy());
  });
  const folder = bench.next('fetched');
  await mkdir(folder, { recursive: true });
  const control: JobControl = {
    signal,
    progress: ({ lines: count, pid }) => {
      read = Math.max(read, count ?? 0);
      if (pid !== undefined) pids.add(pid);
    },
  };
  try {
    const job = { landingHour: HOUR, revision: 1, attempt: 'a1', processedAt: '2026-11-20T11:10:00.123Z', outDir: join(folder, 'out') };
    const outcome = curateRaw({ lake: gateway.lake, configuration: { SLUICE_ERASURE_KEY: undefined } }, engine, objects, job, join(folder, 'raw'), control);
    outcome.catch(() => undefined);
    await look({ outcome, lines, pids });
  } finally {
    await gateway.close();
  }
}

function begin(response: ServerResponse, bytes: number): ServerResponse {
  return response.writeHead(200, { etag: '"e"', 'content-length': bytes });
}

/** Its beginning; the rest when lines of it were read. */
async function inTwo(response: ServerResponse, bytes: Buffer, lines: () => number): Promise<void> {
  begin(response, bytes.length).write(bytes.subarray(0, FIRST - MIB));
  await until('lines are read of what has come', () => lines() > 0, PATIENCE);
  response.end(bytes.subarray(FIRST - MIB));
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) || !existsSync('/proc');
}

test.each([
  ['as it is', (bytes: Buffer) => Promise.resolve(bytes)],
  ['gzip', (bytes: Buffer) => Promise.resolve(gzipSync(bytes, { level: 0 }))],
  ['zstd', (bytes: Buffer) => storedFrame(bytes)],
])('lines are read before all of the object is there: %s', async (_, packed) => {
  const bytes = await packed(object());
  const { outcome: whole } = await bench.curate({ whole: object() });
  await fetching(({ lines }) => ({ objects: landed([bytes.length]), answer: (response) => inTwo(response, bytes, lines) }), async ({ outcome }) => {
    const { counts } = await outcome;
    expect(counts).toEqual(whole.counts);
    expect(counts.curated).toBe(16_000);
  });
});

test('nobody waits for the first bytes of objects that are not fetched before others are over', async () => {
  const [bytes, other] = [object(), Buffer.from(BLANK.repeat(2 * MIB / BLANK.length))];
  await fetching(({ lines }) => ({
    objects: landed([bytes.length, ...Array<number>(19).fill(other.length)]),
    async answer(response, n) {
      if (n === 0) return inTwo(response, bytes, lines);
      // Sixteen at once are fetched, and none of these is over before lines of the first are read.
      begin(response, other.length).write(other.subarray(0, MIB));
      if (n < 16) await until('lines are read', () => lines() > 0, PATIENCE);
      response.end(other.subarray(MIB));
      return undefined;
    },
  }), async ({ outcome }) => {
    expect((await outcome).counts).toMatchObject({ curated: 16_000, lines: 16_000 + (FIRST + 19 * other.length) / BLANK.length });
  });
});

test('a fetch that breaks when half of the object was read is an error of the attempt, and ends the engine', async () => {
  const bytes = object();
  await fetching(({ lines }) => ({
    objects: landed([bytes.length]),
    async answer(response) {
      begin(response, bytes.length).write(bytes.subarray(0, FIRST - MIB));
      await until('lines are read', () => lines() > 0, PATIENCE);
      response.destroy();
    },
  }), async ({ outcome, pids }) => {
    await expect(outcome).rejects.toMatchObject({ kind: 'transient', on: `${rawPrefix(HOUR)}00` });
    expect(pids.size).toBe(1);
    expect([...pids].filter(isAlive)).toEqual([]);
  });
});

test('another version than the manifest’s, found while others are read, makes the hour land again', async () => {
  const bytes = object();
  await fetching(({ lines }) => ({
    objects: landed([bytes.length, ...Array<number>(16).fill(0)]),
    async answer(response, n) {
      if (n < 16) {
        begin(response, n === 0 ? bytes.length : 0).end(n === 0 ? bytes : undefined);
        return;
      }
      await until('lines of the first are read', () => lines() > 0, PATIENCE);
      response.writeHead(412, { 'content-type': 'application/xml' }).end('<Error><Code>PreconditionFailed</Code></Error>');
    },
  }), async ({ outcome, pids }) => {
    await expect(outcome).rejects.toMatchObject({ kind: 'manifest_stale', on: `${rawPrefix(HOUR)}16` });
    expect([...pids].filter(isAlive)).toEqual([]);
  });
});

test.each([['shorter', -MIB], ['longer', MIB]])('an object that is %s than the manifest says is not the manifest’s, whatever its ETag', async (_, more) => {
  const bytes = object();
  await fetching(() => ({
    objects: landed([bytes.length - more]),
    answer: (response) => { begin(response, bytes.length).end(bytes); },
  }), async ({ outcome }) => {
    await expect(outcome).rejects.toMatchObject({ kind: 'manifest_stale', on: `${rawPrefix(HOUR)}00` });
  });
});

test('an engine that fails ends the fetch, and its error is the one that is told', async () => {
  let [isAsked, isClosed] = [false, false];
  const failing: LocalEngine = {
    ...bench.engine,
    async curate() {
      await until('the object is on its way', () => isAsked);
      throw new Error('the engine’s own');
    },
  };
  await fetching(() => ({
    objects: landed([FIRST]),
    answer: (response) => {
      response.on('close', () => { isClosed = true; });
      begin(response, FIRST).write(Buffer.alloc(2 * MIB), () => { isAsked = true; });
    },
  }), async ({ outcome }) => {
    await expect(outcome).rejects.toThrow('the engine’s own');
    await until('the connection is closed', () => isClosed);
  }, failing);
});

test('a cancel ends both', async () => {
  const ending = new AbortController();
  const bytes = object();
  await fetching(() => ({ objects: landed([bytes.length]), answer: (response) => { begin(response, bytes.length).write(bytes.subarray(0, FIRST - MIB)); } }), async ({ outcome, lines, pids }) => {
    await until('lines are read', () => lines() > 0, PATIENCE);
    ending.abort(new Error('cancelled'));
    await expect(outcome).rejects.toThrow();
    expect([...pids].filter(isAlive)).toEqual([]);
  }, bench.engine, ending.signal);
});

test('an engine that does not follow is given whole objects', async () => {
  const bytes = object();
  const seen: unknown[] = [];
  const waiting: LocalEngine = {
    name: 'spark-local',
    follows: false,
    async curate({ objects, ...job }, control) {
      for (const { path, growsTo } of objects) seen.push([(await stat(path)).size, growsTo]);
      return (bench.engine as Engine).curate({ ...job, objects }, control);
    },
  };
  await fetching(() => ({ objects: landed([bytes.length]), answer: (response) => { begin(response, bytes.length).end(bytes); } }), async ({ outcome }) => {
    expect((await outcome).counts.curated).toBe(16_000);
    expect(seen).toEqual([[bytes.length, undefined]]);
  }, waiting);
});
