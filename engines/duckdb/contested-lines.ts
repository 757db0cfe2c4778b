/**
 * Which line gets a payment that several lines have? Plain lines come here only where the mark of their payment comes more than once,
 * all others in any case. What wins is put beside the texts of the lines that nobody contested.
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSql } from '../../sql/read-sql';
import type { Buckets } from './buckets';
import { GroupedTexts } from './lines/grouped-texts';
import type { GrownFile } from './lines/growing-file';
import type { JobContext } from './job-context';
import { firstLineId, type RunNumbers } from './judge-block';
import { fill, listOf, parquet } from './lane';
import type { Lanes } from './lanes';
import type { LineReaders } from './lines/line-readers';
import { MARK_BYTES, NO_MARK } from './lines/payment-marks';
import { RowVectors } from './row-vectors';

const SEPARATOR = 0x7c;
/** A million marks and more, and four times as much memory. */
const MARKS_OF_A_PASS_BYTES = 10 * 1024 * 1024;
/** Of texts that are looked at together. */
const TEXTS_BYTES = 1024 * 1024;
/** Of a bucket's files, some 200,000 lines. Of them all DuckDB holds payments and numbers, of their texts a few. */
const SETTLED_AT_ONCE_BYTES = 16 * 1024 * 1024;
/** What a line takes there, about. */
const BYTES_OF_LINE = 80;
/** Each takes some memory while lines are dealt out. */
const MOST_BUCKETS = 64;

export interface Contest {
  /** where files go */
  readonly folder: string;
  readonly runs: RunNumbers;
  readonly byPayment: Buckets;
  /** of every group of merchants, the plain lines' */
  readonly texts: readonly (readonly GrownFile[])[];
  /** of every bucket of marks, the files of all who kept some */
  readonly marks: readonly (readonly GrownFile[])[];
  /** indices of objects that proved unreadable, as SQL has a list */
  readonly gone: string;
  /** where buckets would come to more, there are more of them */
  readonly atOnceBytes?: number;
}

export interface SettledContest {
  readonly duplicates: number;
  /** of every group of merchants */
  readonly texts: readonly (GrownFile | null)[];
}

/** Contested texts are marked as gone where they stood (contested-texts.ts). */
export async function settleContest(contest: Contest, context: JobContext, lanes: Lanes, readers: LineReaders): Promise<SettledContest> {
  const { files, again } = await marksTwice(contest, readers);
  const byPayment = await roomFor(again * 2, contest, lanes);
  if (files.length > 0) {
    const contested = await contestedTexts(contest, files, lanes.all.length, readers);
    await lanes.each(contested, async (lane, file) => {
      await byPayment.add(lane, fill(readSql('curate/contested-lines.duckdb.sql'), {
        from: firstLineId(contest.runs), files: listOf([file]), status_rank: readSql('curate/status-rank.sql'),
      }));
      await rm(file);
    });
  }
  return settle(contest, byPayment, context, lanes);
}

/** `again`: how many marks had come before. Of each there is a first one, so that no more than twice as many lines are contested. */
async function marksTwice({ folder, marks }: Contest, readers: LineReaders): Promise<{ readonly files: readonly string[]; readonly again: number }> {
  const found = await Promise.all(marks.map(async (files, bucket) => {
    const out = join(folder, `marks-twice-${bucket}`);
    return { out, again: files.length > 0 ? await readers.findTwice(files.map(({ path }) => path), out) : 0 };
  }));
  return { files: found.filter(({ again }) => again > 0).map(({ out }) => out), again: found.reduce((sum, { again }) => sum + again, 0) };
}

/** Buckets that so many more lines may come into. */
async function roomFor(lines: number, { byPayment, atOnceBytes = SETTLED_AT_ONCE_BYTES }: Contest, lanes: Lanes): Promise<Buckets> {
  const buckets = Math.min(MOST_BUCKETS, Math.ceil((await byPayment.bytes() + lines * BYTES_OF_LINE) / atOnceBytes));
  return buckets <= byPayment.count ? byPayment : byPayment.dealtAnew(lanes, buckets);
}

/** Files of them, `parts` or fewer each time: where payments that come twice are the rule, all texts are gone through several times, with so many marks in memory at most. */
async function contestedTexts({ folder, texts }: Contest, twice: readonly string[], parts: number, readers: LineReaders): Promise<readonly string[]> {
  const found: string[] = [];
  const dealtOut = dealt(texts.flat(), parts);
  for (const [pass, marks] of (await inPasses(twice)).entries()) {
    await Promise.all(dealtOut.map(async (files, part) => {
      const out = join(folder, `texts-contested-${pass}-${part}`);
      if (await readers.copyContested(files.map(({ path }) => path), marks, out) > 0) found.push(out);
    }));
  }
  return found;
}

async function inPasses(files: readonly string[]): Promise<readonly (readonly string[])[]> {
  const passes: string[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    const { size } = await stat(file);
    bytes += size;
    if (bytes > MARKS_OF_A_PASS_BYTES) {
      passes.push([]);
      bytes = size;
    }
    passes.at(-1)!.push(file);
  }
  return passes;
}

/** In so many parts of about a size. */
function dealt(files: readonly GrownFile[], parts: number): readonly (readonly GrownFile[])[] {
  const sorted = files.toSorted((a, b) => b.bytes - a.bytes);
  return Array.from({ length: parts }, (_, part) => sorted.filter((_file, i) => i % parts === part)).filter((some) => some.length > 0);
}

async function settle({ folder, texts: { length: groups }, gone }: Contest, byPayment: Buckets, context: JobContext, lanes: Lanes): Promise<SettledContest> {
  const texts = new GroupedTexts(folder, 'settled', groups);
  let duplicates = 0;
  await lanes.each(await byPayment.largestFirst(), async (lane, bucket) => {
    const files = await byPayment.files(bucket);
    if (files.length === 0) return;
    await lane.view('placed_lines', fill(readSql('curate/placed-lines.duckdb.sql'), { lines: parquet(files), gone }));
    await lane.table('losers', readSql('curate/losers.sql'));
    const beaten = await lane.count('losers');
    const winners = fill(readSql('curate/texts-of-winners.duckdb.sql'), { mark: NO_MARK });
    for await (const chunk of lane.streamChunks(winners, ['VARCHAR'], '1MB')) putTexts(texts, new RowVectors(chunk));
    duplicates += beaten;
    context.progress({ step: 'finding duplicates', lines: duplicates });
  });
  return { duplicates, texts: texts.files.close() };
}

function putTexts(texts: GroupedTexts, vectors: RowVectors): void {
  const column = vectors.texts(0);
  const starts = new Uint32Array(vectors.rows);
  for (let row = 0; row < vectors.rows;) {
    const { to, bytes } = column.run(row, TEXTS_BYTES, 0, starts);
    const together = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (; row < to; row += 1) putText(texts, together, starts[row]!, row + 1 < to ? starts[row + 1]! : bytes.length);
  }
}

/** A mark, a hash, a canonical text of payment, merchant and so on, and a line feed: longer than what DuckDB keeps inside of a vector. */
function putText(texts: GroupedTexts, bytes: Buffer, start: number, end: number): void {
  const payment = bytes.indexOf(SEPARATOR, start + MARK_BYTES) + 1;
  const merchant = bytes.indexOf(SEPARATOR, payment) + 1;
  const file = texts.of(bytes, merchant, bytes.indexOf(SEPARATOR, merchant));
  const at = file.room(end - start);
  file.endAt(at + bytes.copy(file.bytes, at, start, end));
}
