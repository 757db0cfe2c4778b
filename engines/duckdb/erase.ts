/**
 * Takes a person's lines out of raw objects, as curate reads them: found in one pass over the decompressed bytes, overwritten by
 * spaces of the same length in a second, so that the offset and number of every other line stay true. What was compressed is gzip then.
 */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { CURRENCIES } from '../../contract/currencies';
import { addAmounts, type Amount } from '../../contract/erasure';
import { fieldsOf, idsIn, ownersOf } from '../../contract/line-owner';
import type { EraseJob, ErasedFile } from '../engine';
import type { JobContext } from './job-context';
import { openObject } from './lines/open-object';
import { WholeLines, type SeenLine } from './lines/whole-lines';
import { UnreadableObject } from './lines/unreadable-object';

const SPACE = 0x20;

/** In the decompressed stream, without the line's ending. */
interface Range {
  readonly from: number;
  readonly to: number;
}

interface Found {
  readonly ranges: readonly Range[];
  readonly amounts: readonly Amount[];
  readonly mentions: number;
}

export async function erase(job: EraseJob, context: JobContext): Promise<readonly ErasedFile[]> {
  const results: ErasedFile[] = [];
  for (const { path, out } of job.objects) {
    context.progress({ step: `looking into object ${results.length + 1} of ${job.objects.length}` });
    try {
      const found = await search(path, job.userId);
      if (found.ranges.length > 0) await overwrite(path, out, found.ranges);
      results.push({ lines: found.ranges.length, amounts: found.amounts, mentions: found.mentions, unreadable: null });
    } catch (error) {
      if (!(error instanceof UnreadableObject)) throw error;
      results.push({ lines: 0, amounts: [], mentions: 0, unreadable: error.message });
    }
  }
  return results;
}

async function search(path: string, userId: string): Promise<Found> {
  const ranges: Range[] = [];
  let amounts: readonly Amount[] = [];
  let mentions = 0;
  const look = (line: SeenLine): void => {
    if (isOf(line, userId)) {
      ranges.push({ from: line.from, to: line.to });
      if (line.bytes !== null) amounts = addAmounts(amounts, amountOf(line.bytes));
    } else if (line.bytes !== null && idsIn(line.bytes.toString('utf8')).includes(userId)) {
      mentions += 1;
    }
  };
  const lines = new WholeLines(userId, look);
  for await (const chunk of (await openObject({ path })).chunks) lines.push(chunk);
  lines.end();
  return { ranges, amounts, mentions };
}

/** A line too long to be read is no payment of anybody: the id in it anywhere makes it this person's. */
function isOf(line: SeenLine, userId: string): boolean {
  return line.bytes === null ? line.holdsId : ownersOf(line.bytes).includes(userId);
}

/** As the producer's control totals count a line: whatever else is wrong with it. */
function amountOf(line: Buffer): readonly Amount[] {
  const fields = fieldsOf(line.toString('utf8'));
  const amount = fields?.get('amount_cents') ?? '';
  const currency = fields?.get('currency') ?? '';
  if (!/^-?[0-9]{1,1000}$/.test(amount) || !CURRENCIES.includes(currency)) return [];
  const cents = BigInt(amount);
  return BigInt.asIntN(64, cents) === cents ? [{ currency, count: 1, amountCents: cents.toString() }] : [];
}

async function overwrite(path: string, out: string, ranges: readonly Range[]): Promise<void> {
  const { chunks, sureToEnd } = await openObject({ path });
  const erased = withSpaces(chunks, ranges);
  if (sureToEnd) await pipeline(erased, createWriteStream(out));
  else await pipeline(erased, createGzip(), createWriteStream(out));
}

async function* withSpaces(chunks: AsyncIterable<Buffer>, ranges: readonly Range[]): AsyncGenerator<Buffer> {
  let start = 0;
  let next = 0;
  for await (const chunk of chunks) {
    const end = start + chunk.length;
    // The bytes are there until the next ones are asked for, and what writes them may ask before it has.
    const bytes = Buffer.from(chunk);
    for (let range = ranges[next]; range !== undefined && range.from < end; range = ranges[next]) {
      bytes.fill(SPACE, Math.max(range.from, start) - start, Math.min(range.to, end) - start);
      if (range.to > end) break;
      next += 1;
    }
    yield bytes;
    start = end;
  }
}
