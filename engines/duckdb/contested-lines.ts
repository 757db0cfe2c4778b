/**
 * Which line gets a payment that several lines have? Plain lines come here only where the mark of their payment comes more than once,
 * all others in any case. What wins is put beside the texts of the lines that nobody contested.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSql } from '../../sql/read-sql';
import type { Buckets } from './buckets';
import { GroupedTexts } from './lines/grouped-texts';
import type { GrownFile } from './lines/growing-file';
import type { JobContext } from './job-context';
import { firstLineId, type RunNumbers } from './judge-block';
import { fill, listOf, parquet, type Lane } from './lane';
import type { Lanes } from './lanes';
import type { LineReaders } from './lines/line-readers';
import { MARK_BYTES, NO_MARK } from './lines/payment-marks';
import { RowVectors } from './row-vectors';

const SEPARATOR = 0x7c;
/** A million marks and more, and four times as much memory. */
const MARKS_OF_A_PASS_BYTES = 10 * 1024 * 1024;
/** Some 16,000: what DuckDB holds of the texts that have them, until it has dealt all of a file out by payment, is some ten mebibytes. */
const MARKS_OF_A_PART_BYTES = 128 * 1024;
/** Of texts that are looked at together. */
const TEXTS_BYTES = 1024 * 1024;
/** For each of them all marks are brought into memory once more. */
const MOST_PARTS_OF_A_PASS = 16;

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
}

export interface SettledContest {
  readonly duplicates: number;
  /** of every group of merchants */
  readonly texts: readonly (GrownFile | null)[];
}

/** Contested texts are marked as gone where they stood (contested-texts.ts). */
export async function settleContest(contest: Contest, context: JobContext, lanes: Lanes, readers: LineReaders): Promise<SettledContest> {
  const twice = await marksTwice(contest, readers);
  if (twice.length > 0) {
    const contested = await contestedTexts(contest, twice, lanes.all.length, readers);
    await lanes.each(contested, async (lane, file) => addContested(lane, contest, file));
  }
  return settle(contest, context, lanes);
}

async function marksTwice({ folder, marks }: Contest, readers: LineReaders): Promise<readonly string[]> {
  const found = await Promise.all(marks.map(async (files, bucket) => {
    const out = join(folder, `marks-twice-${bucket}`);
    return files.length > 0 && await readers.findTwice(files.map(({ path }) => path), out) > 0 ? [out] : [];
  }));
  return found.flat();
}

/** Files of them, `parts` or more. Where payments that come twice are the rule, all texts are gone through several times, with so many marks in memory at most. */
async function contestedTexts({ folder, texts }: Contest, twice: readonly string[], parts: number, readers: LineReaders): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [pass, { marks, bytes }] of (await inPasses(twice)).entries()) {
    const dealtOut = dealt(texts.flat(), Math.max(parts, Math.min(MOST_PARTS_OF_A_PASS, Math.ceil(bytes / MARKS_OF_A_PART_BYTES))));
    await Promise.all(dealtOut.map(async (files, part) => {
      const out = join(folder, `texts-contested-${pass}-${part}`);
      if (await readers.copyContested(files.map(({ path }) => path), marks, out) > 0) found.push(out);
    }));
  }
  return found;
}

interface Pass {
  readonly marks: readonly string[];
  readonly bytes: number;
}

async function inPasses(files: readonly string[]): Promise<readonly Pass[]> {
  const passes: Pass[] = [];
  for (const file of files) {
    const { size } = await stat(file);
    const last = passes.at(-1);
    if (last === undefined || last.bytes + size > MARKS_OF_A_PASS_BYTES) passes.push({ marks: [file], bytes: size });
    else passes[passes.length - 1] = { marks: [...last.marks, file], bytes: last.bytes + size };
  }
  return passes;
}

async function addContested(lane: Lane, { runs, byPayment }: Contest, file: string): Promise<void> {
  await byPayment.add(lane, fill(readSql('curate/contested-lines.duckdb.sql'), {
    from: firstLineId(runs), files: listOf([file]), status_rank: readSql('curate/status-rank.sql'),
  }), 'payment_id');
}

/** In so many parts of about a size. */
function dealt(files: readonly GrownFile[], parts: number): readonly (readonly GrownFile[])[] {
  const sorted = files.toSorted((a, b) => b.bytes - a.bytes);
  return Array.from({ length: parts }, (_, part) => sorted.filter((_file, i) => i % parts === part)).filter((some) => some.length > 0);
}

async function settle({ folder, byPayment, texts: { length: groups }, gone }: Contest, context: JobContext, lanes: Lanes): Promise<SettledContest> {
  const texts = new GroupedTexts(folder, 'settled', groups);
  let duplicates = 0;
  await lanes.each(await byPayment.largestFirst(), async (lane, bucket) => {
    const files = await byPayment.files(bucket);
    if (files.length === 0) return;
    await lane.view('placed_lines', fill(readSql('curate/placed-lines.duckdb.sql'), { lines: parquet(files), gone }));
    await lane.table('losers', readSql('curate/losers.sql'));
    const beaten = await lane.count('losers');
    const winners = fill(readSql('curate/texts-of-winners.duckdb.sql'), { mark: NO_MARK });
    for await (const chunk of lane.streamChunks(winners, ['VARCHAR'])) putTexts(texts, new RowVectors(chunk));
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
