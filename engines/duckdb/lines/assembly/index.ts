/**
 * The loop over lines: plain ones become canonical texts, behind their payment's mark and their hash, each where its group of merchants' texts
 * wait for their file; and marks where their bucket's wait. Whatever takes more than looking at bytes is asked of the host (plain-lines.ts).
 */
import { SEPARATOR } from './bytes';
import { setLatest, writeCanonical } from './canonical';
import { mayHoldCards } from './cards';
import { MERCHANT_ID, PAYMENT_ID, USER_ID } from './field-numbers';
import { endOf, setKnownUtf8, startOf, takeApart, unknownAt, unknownCount } from './fields';
import { check, countCards, countUnknown, flush, isErased } from './host';
import { idHash, MARK_CHARACTERS, putMark } from './marks';
import { HASH_CHARACTERS, hashText, hashWaiting } from './md5';
import { addSent } from './sent';

export { currencies, statuses } from './canonical';
export { pairsOfDigits } from './digits';
export { nameLengths, names } from './fields';
export { alphabet, idHash, putMark } from './marks';
export { sines } from './md5';
export { sums } from './sent';

/** Of what stands before a canonical text: a mark, a hash, and a separator behind each. */
const HASH_AT: usize = MARK_CHARACTERS + 1;
const TEXT_AT: usize = HASH_AT + HASH_CHARACTERS + 1;
/** As many bytes wait before they are written. */
const FLUSH_BYTES: u32 = 32_768;
/** With room for the longest text behind them: two ids, four texts in which each byte may be an escape of three, six numbers, what separates them. */
const PLACE_BYTES: usize = 36_864;
/** Of the plain lines, every so manieth goes both ways (judge-block.ts). */
const CHECKED_EVERY: u32 = 1024;

/** Texts' places first, then those of marks. */
let groups: u32 = 1;
let buckets: u32 = 1;
let places: usize = 0;
/** How many bytes wait at each place. */
let waiting: usize = 0;
let countsSent: bool = false;
let asksWhoIsErased: bool = false;
/** Since the beginning. */
let plainLines: u32 = 0;
/** In the run, before the line that is looked at. */
export let line: u32 = 0;

/** To be called once. Answers with where the host may put lines: behind all else. */
export function open(groupsOfMerchants: u32, bucketsOfMarks: u32, whoIsErased: bool, latestSeconds: f64): usize {
  setLatest(latestSeconds);
  groups = groupsOfMerchants;
  buckets = bucketsOfMarks;
  asksWhoIsErased = whoIsErased;
  waiting = (__heap_base + 15) & ~15;
  places = (waiting + ((groups + buckets) << 2) + 15) & ~15;
  return placeAt(groups + buckets);
}

export function placeAt(place: u32): usize {
  return places + (place as usize) * PLACE_BYTES;
}

export function waitingAt(place: u32): usize {
  return waiting + (place << 2);
}

export function begin(atLine: u32, knownUtf8: bool, sent: bool): void {
  setKnownUtf8(knownUtf8);
  line = atLine;
  countsSent = sent;
}

/** Reads the lines from `start` to `end`; answers with where the first one stands that is not plain, `end` where all are. */
export function readLines(start: usize, end: usize): usize {
  let at = start;
  while (at < end) {
    const next = takeApart(at);
    if (next == 0 || !takeLine(at, next)) break;
    line += 1;
    at = next;
  }
  // The host may write what waits, or take it back.
  hashWaiting();
  return at;
}

/** False: its values are not plain. */
function takeLine(start: usize, next: usize): bool {
  const merchant = startOf(MERCHANT_ID);
  const payment = startOf(PAYMENT_ID);
  if (merchant == 0 || payment == 0) return false;
  const group = idHash(merchant, endOf(MERCHANT_ID)) % groups;
  const at = freeAt(group);
  const end = writeCanonical(at + TEXT_AT);
  if (end == 0) return false;
  if (mayHoldCards()) countCards(start, next);
  plainLines += 1;
  if (plainLines % CHECKED_EVERY == 0) {
    hashText(at + TEXT_AT, end - 1, at + HASH_AT);
    hashWaiting();
    check(start, next, at + HASH_AT, at + HASH_AT + HASH_CHARACTERS);
    return true;
  }
  for (let i: u32 = 0; i < unknownCount; i += 1) countUnknown(unknownAt(4 * i), unknownAt(4 * i + 1));
  if (countsSent) addSent();
  const user = startOf(USER_ID);
  if (asksWhoIsErased && user != 0 && isErased(user, endOf(USER_ID))) return true;
  const bucket = groups + putMark(payment, endOf(PAYMENT_ID), at) % buckets;
  store<u8>(at + MARK_CHARACTERS, SEPARATOR as u8);
  hashText(at + TEXT_AT, end - 1, at + HASH_AT);
  store<u8>(at + TEXT_AT - 1, SEPARATOR as u8);
  const mark = freeAt(bucket);
  store<u64>(mark, load<u64>(at));
  taken(bucket, mark + MARK_CHARACTERS);
  taken(group, end);
  return true;
}

function freeAt(place: u32): usize {
  return placeAt(place) + load<u32>(waitingAt(place));
}

/** What stands there up to `end` is the file's. */
function taken(place: u32, end: usize): void {
  const bytes = (end - placeAt(place)) as u32;
  store<u32>(waitingAt(place), bytes);
  if (bytes < FLUSH_BYTES) return;
  hashWaiting();
  flush(place);
}
