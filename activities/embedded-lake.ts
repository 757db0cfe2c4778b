/**
 * Questions to the lake without Athena: the committed files that a question needs are downloaded, and DuckDB reads them by the names that Athena’s
 * tables have. What is committed is read from the commits themselves, each time anew where it has changed.
 */
import { setMaxListeners } from 'node:events';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../contract/errors';
import { COMMITTED_PREFIX, landingHourOfCommittedKey } from '../contract/lake-layout';
import { lakeTypeOf, readRow, type LakeColumn, type LakeRow } from '../contract/lake-answer';
import { scopeOf, type Asking, type LakeAnswer, type LakeQueries, type LakeQuestion, type LakeScope } from '../contract/lake-question';
import { hourStart, landingHourOf } from '../contract/landing-hour';
import type { Commit, CommittedFile } from '../contract/run';
import { linesOf } from '../contract/text-lines';
import type { CommittedPath, LakeReader } from '../engines/engine';
import type { Lake } from '../stores/lake';
import { readCommit } from './committed';
import { lakeStatement } from './lake-statement';
import { withWorkFolder } from './work-folder';

export interface EmbeddedLakeParts {
  readonly lake: Lake;
  readonly lakeReader: LakeReader;
  readonly workDir: string;
  /** most that one question may download */
  readonly downloadBytes: number;
}

/** No created_at is later than 24 hours after its landing hour’s end. */
const LANDS_EARLIEST_BEFORE_MS = 25 * 3_600_000;
const LISTENERS_AT_MOST = 200;
const COMMITS_AT_ONCE = 16;
const ROWS_OF_A_PAGE = 1_000;
/** A file of the commit may be swept between reading the one and downloading the other. */
const TRIES = 3;

export function createEmbeddedLake(parts: EmbeddedLakeParts): LakeQueries {
  const commits = new CommitsSeen(parts.lake);
  return {
    engine: 'embedded',
    async ask(question, asking, read) {
      // First: it refuses what is no day.
      const statement = lakeStatement(question);
      return withWorkFolder(parts.workDir, async (folder) => {
        const { files, scannedBytes } = await downloaded(parts, commits, question, asking, folder);
        const out = join(folder, 'answer.ndjson');
        const outcome = await parts.lakeReader.ask(
          { statement, commits: join(folder, 'commits.ndjson'), files, out },
          { signal: asking.signal, progress: ({ step }) => asking.progress(step) },
        );
        const columns = outcome.columns.map(({ name, type }) => ({ name, type: lakeTypeOf(name, type) }));
        const answer: LakeAnswer = { columns, scannedBytes, dollars: 0, pages: () => pagesOf(out, columns) };
        return read(answer);
      });
    },
  };
}

async function downloaded(
  parts: EmbeddedLakeParts, commits: CommitsSeen, question: LakeQuestion, asking: Asking, folder: string,
): Promise<{ readonly files: readonly { readonly file: string; readonly path: string }[]; readonly scannedBytes: number }> {
  const scope = scopeOf(question);
  // Many downloads at once listen for the same cancel; Node would warn of a leak.
  setMaxListeners(LISTENERS_AT_MOST, asking.signal);
  for (let tries = 1; ; tries += 1) {
    asking.progress('reading the commits');
    const committed = await commits.of(scope, asking.signal);
    const path = (key: string): string => `s3://${parts.lake.bucket}/${key}`;
    const lines = committed.flatMap((commit) => commit.files.map((file) => JSON.stringify(committedPath(commit, file, path(file.key)))));
    await writeFile(join(folder, 'commits.ndjson'), lines.map((line) => `${line}\n`).join(''));
    // A file that compaction made is named by many hours and downloaded once.
    const bytesOf = new Map(committed.flatMap(({ files }) => files.filter((file) => isIn(scope, file)).map(({ key, bytes }) => [key, bytes] as const)));
    const keys = [...bytesOf.keys()];
    const bytes = [...bytesOf.values()].reduce((sum, one) => sum + one, 0);
    if (bytes > parts.downloadBytes) throw tooMuch(question, bytes, parts.downloadBytes);
    try {
      const paths = await parts.lake.downloadAll(keys.map((key) => ({ key })), join(folder, `files-${tries}`), asking.signal, (n) => asking.progress(`downloading file ${n} of ${keys.length}`));
      return { files: keys.map((key, i) => ({ file: paths[i]!, path: path(key) })), scannedBytes: bytes };
    } catch (error) {
      if (tries === TRIES || asking.signal.aborted || ((error as Error).cause as Error | undefined)?.name !== 'NoSuchKey') throw error;
    }
  }
}

/** Also a shared file’s bytes: those of all its rows. */
function committedPath({ landingHour, revision }: Commit, file: CommittedFile, path: string): CommittedPath {
  return {
    landing_micros: hourStart(landingHour).getTime() * 1000, revision, path, dt: file.dt, merchant_id: file.merchantId, row_count: file.rows, bytes: file.bytes,
    is_shared: file.shared === true,
  };
}

function isIn({ from, to, merchant }: LakeScope, { dt, merchantId }: CommittedFile): boolean {
  return dt >= from && (to === null || dt <= to) && (merchant === null || merchantId === merchant);
}

function tooMuch(question: LakeQuestion, bytes: number, limit: number): SluiceError {
  return new SluiceError({
    kind: 'configuration', what: `the question needs ${bytes} bytes of the lake, and ${limit} may be downloaded`, on: question.name,
    fix: 'Ask for later days; or raise SLUICE_LAKE_DOWNLOAD_BYTES, or set SLUICE_LAKE_QUERIES=athena', fields: { bytes, limit },
  });
}

/** Commits by their ETag: of a year’s hours few change between two questions. */
class CommitsSeen {
  private readonly seen = new Map<string, { readonly etag: string; readonly commit: Commit }>();

  constructor(private readonly lake: Lake) {}

  async of({ from, landingHour }: LakeScope, signal: AbortSignal): Promise<readonly Commit[]> {
    const first = landingHourOf(new Date(Date.parse(`${from}T00:00:00Z`) - LANDS_EARLIEST_BEFORE_MS));
    const due = (await this.lake.list(COMMITTED_PREFIX)).flatMap(({ key, etag }) => {
      const hour = landingHourOfCommittedKey(key);
      return hour !== null && hour >= first && (landingHour === null || hour === landingHour) ? [{ hour, etag }] : [];
    });
    const commits: Commit[] = [];
    for (let at = 0; at < due.length; at += COMMITS_AT_ONCE) {
      signal.throwIfAborted();
      commits.push(...(await Promise.all(due.slice(at, at + COMMITS_AT_ONCE).map(async ({ hour, etag }) => {
        const known = this.seen.get(hour);
        if (known?.etag === etag) return [known.commit];
        const found = await readCommit(this.lake, hour);
        if (found === null) return [];
        this.seen.set(hour, found);
        return [found.commit];
      }))).flat());
    }
    return commits;
  }
}

async function* pagesOf(file: string, columns: readonly LakeColumn[]): AsyncGenerator<readonly LakeRow[]> {
  let page: LakeRow[] = [];
  for await (const line of linesOf(createReadStream(file))) {
    page.push(readRow(columns, JSON.parse(line) as (string | null)[]));
    if (page.length < ROWS_OF_A_PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
