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
/** Of a place in the heap: where a run is. */
const PLACE: usize = 4;

let runs: usize = 0;
/** A heap of the runs that have a text: the one whose first comes before all others' is at its top. However many there are, few of them are looked at. */
let heap: usize = 0;
let held: u32 = 0;
/** Where the texts end that were put last. */
export let mergedEnd: usize = 0;

/** Answers with where their parts may be put. */
export function openRuns(at: usize, count: u32): usize {
  runs = at;
  heap = at + (count as usize) * RUN;
  held = 0;
  memory.fill(runs, 0, heap - runs);
  return heap + (count as usize) * PLACE;
}

/** From `start` to `end` its next texts stand; none: it is over. It must not have any others. */
export function setRun(run: u32, start: usize, end: usize): void {
  const at = runs + (run as usize) * RUN;
  store<u32>(at, start as u32, NEXT);
  store<u32>(at, end as u32, END);
  if (!advance(at)) return;
  held += 1;
  rise(held - 1, at);
}

/** Where the first text stands that the run has not all of, or the end. */
export function takenTo(run: u32): usize {
  return load<u32>(runs + (run as usize) * RUN, NEXT);
}

/** Puts texts one behind the other until `full`, or until a run's are used up: answers with which; −1: with none. */
export function mergeRuns(to: usize, full: usize): i32 {
  mergedEnd = to;
  while (mergedEnd < full && held > 0) {
    const least = runAt(0);
    mergedEnd = copyText(load<u32>(least, FIRST), mergedEnd);
    if (advance(least)) {
      sink(least);
      continue;
    }
    held -= 1;
    if (held > 0) sink(runAt(held));
    return ((least - runs) / RUN) as i32;
  }
  return -1;
}

/** False: there is no other text. */
function advance(run: usize): bool {
  const start = load<u32>(run, NEXT);
  const next = lookAt(start, load<u32>(run, END));
  if (next == 0) return false;
  store<u32>(run, start as u32, FIRST);
  store<u64>(run, creation);
  store<u32>(run, merchant as u32, MERCHANT);
  store<u32>(run, next as u32, NEXT);
  return true;
}

function runAt(place: u32): usize {
  return load<u32>(heap + (place as usize) * PLACE);
}

function put(place: u32, run: usize): void {
  store<u32>(heap + (place as usize) * PLACE, run as u32);
}

function rise(from: u32, run: usize): void {
  let place = from;
  while (place > 0 && isBefore(run, runAt((place - 1) >> 1))) {
    put(place, runAt((place - 1) >> 1));
    place = (place - 1) >> 1;
  }
  put(place, run);
}

/** From the top down. */
function sink(run: usize): void {
  let place: u32 = 0;
  for (let child: u32 = 1; child < held; child = 2 * place + 1) {
    if (child + 1 < held && isBefore(runAt(child + 1), runAt(child))) child += 1;
    if (!isBefore(runAt(child), run)) break;
    put(place, runAt(child));
    place = child;
  }
  put(place, run);
}

function isBefore(first: usize, second: usize): bool {
  const merchants = compareIds(load<u32>(first, MERCHANT), load<u32>(second, MERCHANT));
  if (merchants != 0) return merchants < 0;
  if (load<u64>(first) != load<u64>(second)) return load<u64>(first) < load<u64>(second);
  return compareIds((load<u32>(first, FIRST) as usize) + PAYMENT_AT, (load<u32>(second, FIRST) as usize) + PAYMENT_AT) < 0;
}
