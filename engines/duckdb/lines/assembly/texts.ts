/**
 * What is done with files of texts and marks, a part of them at a time: which marks come more than once (../payment-marks.ts), which texts have
 * such a mark (../contested-texts.ts), and texts in the order of their rows (../sorted-texts.ts). The host reads and writes the files.
 */
import { BEYOND } from '../../assembly/vectors';
import { LF } from './bytes';
import { addMark, GONE, hasMark } from './mark-set';
import { PAYMENT_AT } from './text-fields';

export { openMarks } from './mark-set';
export { addTexts, count, openTexts, putSorted, sortedEnd, sortTexts } from './sorting';
export {
  beginFile, beginSums, cellCount, cells, columns, day, endFile, flagged, flaggedBytes, merchantEnd, merchantStart, openColumns, putRows, rows, said, saidOfFile, sayings, sayingsEnd, setColumns, setRevision, sumRows,
  takeRows,
} from '../../parquet/assembly/index';
export { mergedEnd, mergeRuns, openRuns, setRun, takenTo } from './merging';

const MARK_BYTES: usize = 8;

/** What is free for the host. */
export function base(): usize {
  return (__heap_base + 15) & ~15;
}

/** Leaves those of the marks that were there already, from `start` on; answers with where they end. */
export function addMarks(start: usize, end: usize): usize {
  let kept = start;
  for (let at = start; at < end; at += MARK_BYTES) {
    const mark = load<u64>(at);
    if (!addMark(mark)) continue;
    store<u64>(kept, mark);
    kept += MARK_BYTES;
  }
  return kept;
}

/** Where the last whole text ended of those that were looked at. */
export let textsEnd: usize = 0;
/** How many of them had a mark of the set. */
export let found: u32 = 0;

/** Copies texts that have a mark of the set, and marks them as gone; answers with where the copies end. */
export function takeContested(start: usize, end: usize, to: usize): usize {
  let out = to;
  let at = start;
  found = 0;
  for (;;) {
    const next = endOfText(at, end);
    if (next == 0) break;
    if (hasMark(load<u64>(at))) {
      memory.copy(out, at, next - at);
      out += next - at;
      store<u64>(at, GONE);
      found += 1;
    }
    at = next;
  }
  textsEnd = at;
  return out;
}

/** Behind its line feed; 0: it is not all there. */
function endOfText(start: usize, end: usize): usize {
  // A text's mark and hash have no line feed.
  for (let at = start + PAYMENT_AT; at < end; at += BEYOND) {
    const ends = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(LF as i8)));
    if (ends == 0) continue;
    const next = at + ctz(ends) + 1;
    return next <= end ? next : 0;
  }
  return 0;
}
