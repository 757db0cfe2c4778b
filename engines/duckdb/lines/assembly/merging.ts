/** Several runs of texts, each in its order, become one. Of each run a part is there, whole texts; the host brings the next one. */
import { compareIds } from './ids';
import { copyText } from './sorting';
import { creation, lookAt, merchant, PAYMENT_AT } from './text-fields';

/** Of a run: the creation of its first text, where that stands, its merchant, where the next one stands, where the last ends. */
const RUN: usize = 32;
const FIRST: usize = 8;
const MERCHANT: usize = 12;
const NEXT: usize = 16;
const END: usize = 20;

let runs: usize = 0;
let runsEnd: usize = 0;
/** Where the texts end that were put last. */
export let mergedEnd: usize = 0;

/** Answers with where their parts may be put. */
export function openRuns(at: usize, count: u32): usize {
  runs = at;
  runsEnd = at + (count as usize) * RUN;
  memory.fill(runs, 0, runsEnd - runs);
  return runsEnd;
}

/** From `start` to `end` its next texts stand; none: it is over. */
export function setRun(run: u32, start: usize, end: usize): void {
  const at = runs + (run as usize) * RUN;
  store<u32>(at, start as u32, NEXT);
  store<u32>(at, end as u32, END);
  advance(at);
}

/** Where the first text stands that the run has not all of, or the end. */
export function takenTo(run: u32): usize {
  return load<u32>(runs + (run as usize) * RUN, NEXT);
}

/** Puts texts one behind the other until `full`, or until a run's are used up: answers with which; −1: with none. */
export function mergeRuns(to: usize, full: usize): i32 {
  mergedEnd = to;
  while (mergedEnd < full) {
    let least: usize = 0;
    for (let at = runs; at < runsEnd; at += RUN) if (load<u32>(at, FIRST) != 0 && (least == 0 || isBefore(at, least))) least = at;
    if (least == 0) break;
    mergedEnd = copyText(load<u32>(least, FIRST), mergedEnd);
    if (!advance(least)) return ((least - runs) / RUN) as i32;
  }
  return -1;
}

/** False: there is no other text. */
function advance(run: usize): bool {
  const start = load<u32>(run, NEXT);
  const next = lookAt(start, load<u32>(run, END));
  store<u32>(run, next == 0 ? 0 : (start as u32), FIRST);
  if (next == 0) return false;
  store<u64>(run, creation);
  store<u32>(run, merchant as u32, MERCHANT);
  store<u32>(run, next as u32, NEXT);
  return true;
}

function isBefore(first: usize, second: usize): bool {
  const merchants = compareIds(load<u32>(first, MERCHANT), load<u32>(second, MERCHANT));
  if (merchants != 0) return merchants < 0;
  if (load<u64>(first) != load<u64>(second)) return load<u64>(first) < load<u64>(second);
  return compareIds((load<u32>(first, FIRST) as usize) + PAYMENT_AT, (load<u32>(second, FIRST) as usize) + PAYMENT_AT) < 0;
}
