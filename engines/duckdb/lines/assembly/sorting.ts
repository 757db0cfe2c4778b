/**
 * Texts in the order of their rows: by merchant, creation, payment. What is moved is an entry of sixteen bytes for each: its creation, where it
 * stands, its merchant. The texts stay where they are until they are put one behind the other.
 */
import { BEYOND } from '../../assembly/vectors';
import { LF } from './bytes';
import { compareIds } from './ids';
import { GONE } from './mark-set';
import { idHash } from './marks';
import { creation, lookAt, merchant, merchantEnd, PAYMENT_AT } from './text-fields';

const ENTRY: usize = 16;
const PLACE: usize = 8;
const MERCHANT: usize = 12;
/** A digit of a number, in bits. */
const DIGIT: u32 = 8;
const counts = memory.data(1024);

let entries: usize = 0;
/** As many entries; of merchants first, by number. */
let spare: usize = 0;
/** Merchants' numbers from 1 on, where the hash of their id says; when all are known, their ranks by number. */
let known: usize = 0;
let lastKnown: u32 = 0;
let merchants: u32 = 0;
let most: u32 = 0;
export let count: u32 = 0;

/** `mostTexts`: a power of two. Answers with where texts may be put. */
export function openTexts(at: usize, mostTexts: u32): usize {
  most = mostTexts;
  entries = at;
  spare = entries + (most as usize) * ENTRY;
  known = spare + (most as usize) * ENTRY;
  lastKnown = 2 * most - 1;
  count = 0;
  merchants = 0;
  const end = known + (((lastKnown + 1) as usize) << 2);
  memory.fill(known, 0, end - known);
  return end;
}

/** Takes whole texts, as many as there may be; answers with where the first one stands that it did not take. */
export function addTexts(start: usize, end: usize): usize {
  let at = start;
  while (count < most) {
    const next = lookAt(at, end);
    if (next == 0) break;
    if (load<u64>(at) != GONE) {
      const entry = entries + (count as usize) * ENTRY;
      store<u64>(entry, creation);
      store<u32>(entry, at as u32, PLACE);
      store<u32>(entry, numberOfMerchant(), MERCHANT);
      count += 1;
    }
    at = next;
  }
  return at;
}

function numberOfMerchant(): u32 {
  let place = idHash(merchant, merchantEnd) & lastKnown;
  for (let number = knownAt(place); number != 0; number = knownAt(place)) {
    if (compareIds(load<u32>(spare + ((number - 1) as usize) * ENTRY, PLACE), merchant) == 0) return number - 1;
    place = (place + 1) & lastKnown;
  }
  const entry = spare + (merchants as usize) * ENTRY;
  store<u32>(entry, merchant as u32, PLACE);
  store<u32>(entry, merchants, MERCHANT);
  merchants += 1;
  store<u32>(known + ((place as usize) << 2), merchants);
  return merchants - 1;
}

function knownAt(place: u32): u32 {
  return load<u32>(known + ((place as usize) << 2));
}

export function sortTexts(): void {
  rankMerchants();
  let creations: u64 = 0;
  const first = load<u64>(entries);
  for (let i: u32 = 0; i < count; i += 1) creations |= load<u64>(entries + (i as usize) * ENTRY) ^ first;
  // The lowest digit first: each pass keeps the order of those before it. Where a digit is the same everywhere there is nothing to do.
  for (let shift: u32 = 0; shift < 64; shift += DIGIT) if (((creations >> shift) & 255) != 0) deal(0, shift);
  for (let shift: u32 = 0; shift < 32 && merchants > 1 << shift; shift += DIGIT) deal(MERCHANT, shift);
  sortSameInstants();
}

function rankMerchants(): void {
  heapSort(spare, merchants, 0);
  for (let rank: u32 = 0; rank < merchants; rank += 1) store<u32>(known + ((load<u32>(spare + (rank as usize) * ENTRY, MERCHANT) as usize) << 2), rank);
  for (let i: u32 = 0; i < count; i += 1) {
    const entry = entries + (i as usize) * ENTRY;
    store<u32>(entry, load<u32>(known + ((load<u32>(entry, MERCHANT) as usize) << 2)), MERCHANT);
  }
}

/** Of eight bytes or of four, as many as there are from `field` on. */
function digitOf(entry: usize, field: usize, shift: u32): usize {
  return load<u8>(entry + field + (shift >> 3)) as usize;
}

function deal(field: usize, shift: u32): void {
  memory.fill(counts, 0, 1024);
  const end = entries + (count as usize) * ENTRY;
  for (let entry = entries; entry < end; entry += ENTRY) {
    const at = counts + (digitOf(entry, field, shift) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let before: u32 = 0;
  for (let at = counts; at < counts + 1024; at += 4) {
    const here = load<u32>(at);
    store<u32>(at, before);
    before += here;
  }
  for (let entry = entries; entry < end; entry += ENTRY) {
    const at = counts + (digitOf(entry, field, shift) << 2);
    const place = load<u32>(at);
    store<u32>(at, place + 1);
    v128.store(spare + (place as usize) * ENTRY, v128.load(entry));
  }
  const dealt = spare;
  spare = entries;
  entries = dealt;
}

function sortSameInstants(): void {
  for (let from: u32 = 0; from < count;) {
    const entry = entries + (from as usize) * ENTRY;
    let to = from + 1;
    while (to < count && isSameInstant(entry, entries + (to as usize) * ENTRY)) to += 1;
    if (to > from + 1) heapSort(entry, to - from, PAYMENT_AT);
    from = to;
  }
}

function isSameInstant(first: usize, second: usize): bool {
  return load<u64>(first) == load<u64>(second) && load<u32>(first, MERCHANT) == load<u32>(second, MERCHANT);
}

/** By the id that stands so many bytes behind each entry's place. However many are the same, it takes no longer. */
function heapSort(at: usize, items: u32, idAt: usize): void {
  for (let i = items >> 1; i > 0; i -= 1) sink(at, i - 1, items, idAt);
  for (let end = items; end > 1; end -= 1) {
    const largest = v128.load(at);
    const last = at + ((end - 1) as usize) * ENTRY;
    v128.store(at, v128.load(last));
    v128.store(last, largest);
    sink(at, 0, end - 1, idAt);
  }
}

function sink(at: usize, from: u32, items: u32, idAt: usize): void {
  const sunk = v128.load(at + (from as usize) * ENTRY);
  const id = idOf(at, from, idAt);
  let place: u32 = from;
  for (let child: u32 = 2 * place + 1; child < items; child = 2 * place + 1) {
    if (child + 1 < items && compareIds(idOf(at, child, idAt), idOf(at, child + 1, idAt)) < 0) child += 1;
    if (compareIds(id, idOf(at, child, idAt)) >= 0) break;
    v128.store(at + (place as usize) * ENTRY, v128.load(at + (child as usize) * ENTRY));
    place = child;
  }
  v128.store(at + (place as usize) * ENTRY, sunk);
}

function idOf(at: usize, item: u32, idAt: usize): usize {
  return (load<u32>(at + (item as usize) * ENTRY, PLACE) as usize) + idAt;
}

/** Where the texts end that were put last. */
export let sortedEnd: usize = 0;

/** Puts texts from the so manieth on one behind the other, until `full`; answers with the number of the next one. */
export function putSorted(from: u32, to: usize, full: usize): u32 {
  let next = from;
  sortedEnd = to;
  for (; next < count && sortedEnd < full; next += 1) sortedEnd = copyText(load<u32>(entries + (next as usize) * ENTRY, PLACE), sortedEnd);
  return next;
}

/** With its line feed; answers with where it ends there. Some of what follows comes with it. */
export function copyText(from: usize, to: usize): usize {
  for (let at: usize = 0; ; at += BEYOND) {
    const bytes = v128.load(from + at);
    v128.store(to + at, bytes);
    const ends = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(LF as i8)));
    if (ends == 0) continue;
    return to + at + ctz(ends) + 1;
  }
}
