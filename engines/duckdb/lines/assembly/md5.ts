/**
 * Row hashes (CONTRACT §2): the first 60 bits of a canonical text's MD5. Of four texts at once, a lane of a vector each: one text's steps wait
 * for each other, and four take hardly longer than one.
 */
import { BEYOND, copy } from '../../assembly/vectors';
import { putNineteen } from './digits';

const LANES: u32 = 4;
const BLOCK: usize = 64;
/** The last block of a text or the last two, with what MD5 puts behind it, and room for a vector that ends beyond them. */
const TAIL_BYTES: usize = 2 * 64 + 16;
/** In the last block: how many bits the text has. */
const LENGTH_AT: usize = 56;
const FIRST_A: u32 = 0x67452301;
const FIRST_B: u32 = 0xefcdab89;
const FIRST_C: u32 = 0x98badcfe;
const FIRST_D: u32 = 0x10325476;

/** What the steps add: the whole part of 2^32 times the sine of 1, 2 and so on; filled in. */
export const sines = memory.data(256, 16);
const tails = memory.data(576, 16);
/** The sixteen words of a block, of all lanes. */
const words = memory.data(256, 16);
/** By lane: the text, how many of its blocks are whole, how many there are with its tail, and where its hash goes. */
const texts = memory.data(16, 16);
const wholeBlocks = memory.data(16, 16);
const allBlocks = memory.data(16, 16);
const places = memory.data(16, 16);
let waiting: u32 = 0;

/** Digits of a hash. */
export const HASH_CHARACTERS: usize = 19;

/** The hash is there at the latest when `hashWaiting` was asked; until then the text must stay. */
export function hashText(start: usize, end: usize, to: usize): void {
  const lane = waiting << 2;
  const length = end - start;
  const whole = length & ~(BLOCK - 1);
  const tail = tails + (waiting as usize) * TAIL_BYTES;
  const tailEnd = copy(start + whole, end, tail);
  for (let at = tailEnd; at < tail + 2 * BLOCK; at += BEYOND) v128.store(at, i32x4.splat(0));
  store<u8>(tailEnd, 0x80);
  const tailBlocks: u32 = length - whole < LENGTH_AT ? 1 : 2;
  store<u64>(tail + ((tailBlocks - 1) as usize) * BLOCK, (length as u64) << 3, LENGTH_AT);
  store<u32>(texts + lane, start);
  store<u32>(wholeBlocks + lane, (whole >> 6) as u32);
  store<u32>(allBlocks + lane, ((whole >> 6) as u32) + tailBlocks);
  store<u32>(places + lane, to);
  waiting += 1;
  if (waiting == LANES) hashWaiting();
}

export function hashWaiting(): void {
  if (waiting == 0) return;
  for (let lane = waiting; lane < LANES; lane += 1) store<u32>(allBlocks + (lane << 2), 0);
  const counts = v128.load(allBlocks);
  let a = i32x4.splat(FIRST_A);
  let b = i32x4.splat(FIRST_B);
  let c = i32x4.splat(FIRST_C);
  let d = i32x4.splat(FIRST_D);
  for (let block: u32 = 0; ; block += 1) {
    // Lanes whose text is over keep what they have.
    const under = i32x4.gt_u(counts, i32x4.splat(block));
    if (!v128.any_true(under)) break;
    loadWords(block);
    let p = a;
    let q = b;
    let r = c;
    let s = d;
    for (let i: u32 = 0; i < 16; i += 4) {
      p = step(p, q, first(q, r, s), i, i, 7);
      s = step(s, p, first(p, q, r), i + 1, i + 1, 12);
      r = step(r, s, first(s, p, q), i + 2, i + 2, 17);
      q = step(q, r, first(r, s, p), i + 3, i + 3, 22);
    }
    for (let i: u32 = 16; i < 32; i += 4) {
      p = step(p, q, first(s, q, r), i, (5 * i + 1) & 15, 5);
      s = step(s, p, first(r, p, q), i + 1, (5 * i + 6) & 15, 9);
      r = step(r, s, first(q, s, p), i + 2, (5 * i + 11) & 15, 14);
      q = step(q, r, first(p, r, s), i + 3, (5 * i) & 15, 20);
    }
    for (let i: u32 = 32; i < 48; i += 4) {
      p = step(p, q, v128.xor(v128.xor(q, r), s), i, (3 * i + 5) & 15, 4);
      s = step(s, p, v128.xor(v128.xor(p, q), r), i + 1, (3 * i + 8) & 15, 11);
      r = step(r, s, v128.xor(v128.xor(s, p), q), i + 2, (3 * i + 11) & 15, 16);
      q = step(q, r, v128.xor(v128.xor(r, s), p), i + 3, (3 * i + 14) & 15, 23);
    }
    for (let i: u32 = 48; i < 64; i += 4) {
      p = step(p, q, last(q, r, s), i, (7 * i) & 15, 6);
      s = step(s, p, last(p, q, r), i + 1, (7 * i + 7) & 15, 10);
      r = step(r, s, last(s, p, q), i + 2, (7 * i + 14) & 15, 15);
      q = step(q, r, last(r, s, p), i + 3, (7 * i + 5) & 15, 21);
    }
    a = i32x4.add(a, v128.and(p, under));
    b = i32x4.add(b, v128.and(q, under));
    c = i32x4.add(c, v128.and(r, under));
    d = i32x4.add(d, v128.and(s, under));
  }
  putHash(0, i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0));
  putHash(1, i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1));
  putHash(2, i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2));
  putHash(3, i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3));
  waiting = 0;
}

function step(a: v128, b: v128, mixed: v128, sine: u32, word: u32, turned: i32): v128 {
  const sum = i32x4.add(i32x4.add(a, mixed), i32x4.add(v128.load32_splat(sines + (sine << 2)), v128.load(words + (word << 4))));
  return i32x4.add(b, v128.or(i32x4.shl(sum, turned), i32x4.shr_u(sum, 32 - turned)));
}

/** Bits of `x` where `choice` has one, of `y` where it has none. */
function first(choice: v128, x: v128, y: v128): v128 {
  return v128.bitselect(x, y, choice);
}

function last(x: v128, y: v128, z: v128): v128 {
  return v128.xor(y, v128.or(x, v128.not(z)));
}

/** Four words of each lane become one of all lanes, four times. */
function loadWords(block: u32): void {
  const of0 = blockOf(0, block);
  const of1 = blockOf(1, block);
  const of2 = blockOf(2, block);
  const of3 = blockOf(3, block);
  for (let at: usize = 0; at < BLOCK; at += 16) {
    const x = v128.load(of0 + at);
    const y = v128.load(of1 + at);
    const z = v128.load(of2 + at);
    const w = v128.load(of3 + at);
    const lowXY = v128.shuffle<i32>(x, y, 0, 4, 1, 5);
    const highXY = v128.shuffle<i32>(x, y, 2, 6, 3, 7);
    const lowZW = v128.shuffle<i32>(z, w, 0, 4, 1, 5);
    const highZW = v128.shuffle<i32>(z, w, 2, 6, 3, 7);
    const to = words + (at << 2);
    v128.store(to, v128.shuffle<i64>(lowXY, lowZW, 0, 2));
    v128.store(to, v128.shuffle<i64>(lowXY, lowZW, 1, 3), 16);
    v128.store(to, v128.shuffle<i64>(highXY, highZW, 0, 2), 32);
    v128.store(to, v128.shuffle<i64>(highXY, highZW, 1, 3), 48);
  }
}

/** Of a lane whose text is over, any. */
function blockOf(lane: u32, block: u32): usize {
  const whole = load<u32>(wholeBlocks + (lane << 2));
  if (block < whole) return (load<u32>(texts + (lane << 2)) as usize) + (block as usize) * BLOCK;
  return tails + (lane as usize) * TAIL_BYTES + (min(block - whole, 1) as usize) * BLOCK;
}

/** The digest's bytes come from the lowest of `a` on; its first fifteen hexadecimal digits are a number. */
function putHash(lane: u32, a: u32, b: u32): void {
  if (lane < waiting) putNineteen(load<u32>(places + (lane << 2)), (((bswap(a) as u64) << 32) | (bswap(b) as u64)) >> 4);
}
