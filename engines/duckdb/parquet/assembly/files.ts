/**
 * Rows that were taken as a Parquet file, a row group after the other: pages column by column, each packed by itself, and behind all of them what says where they
 * are. The host has the file, and zstd.
 */
import { MERCHANT_ID, PAYMENT_ID } from '../../lines/assembly/field-numbers';
import { putFlags } from './flags';
import { putFronts } from './fronts';
import { putStored, storedBytes } from './frames';
import { pack, putPacked, write } from './host';
import { present, putAllPresent, putRun } from './levels';
import { greatest, least, putCreations, putHashes, putHours, putNumbers, putScores, putSpans } from './numbers';
import { day, endOf, rows, startOf } from './rows';
import { putSameInt, putSameLong, putSameText, value, valueBytes } from './same';
import { addUnpacked, beginChunk, DELTAS, DICTIONARY, FRONTS, PLAIN, putChunk, putDataHeader, putDictionaryHeader, putGroup, putGroupEnd, putRowsOfFile, setEnds } from './structures';
import { entryCount, findEnds, greatestRow, leastRow, putEntries, putNumbersOfEntries, putTexts, takeEntries } from './texts';
import { putAll, putEnd } from './thrift';

/** What a column is made of, as the host numbers them. */
const PAYMENT: u32 = 0;
const MERCHANT: u32 = 1;
const TEXT: u32 = 2;
const NUMBER: u32 = 3;
const SCORE: u32 = 4;
const CREATION: u32 = 5;
const DAY: u32 = 6;
const HOUR: u32 = 7;
const SPAN: u32 = 8;
const FLAG: u32 = 9;
const PROCESSED_AT: u32 = 10;
const VERSION: u32 = 11;
const LANDING_HOUR: u32 = 12;
const HASH: u32 = 13;

/** `PAR1` */
const MAGIC: u32 = 0x31524150;
/** As many wait before they are written. */
const FLUSH_BYTES: usize = 256 * 1024;
/** Packing less takes longer than it saves: a file of some hundred rows is one block of a disk more or less, whatever is done with its pages. */
const LEAST_PACKED_BYTES: usize = 4096;
/** Of a chunk, what the file's end says: a dozen numbers, two ids, and what is the same in each file. */
const MOST_CHUNK_BYTES: usize = 1024;
/** Of the longest page, of payments, which has as many bytes as their texts: what a row takes beside its text. */
const PAGE_BYTES_OF_ROW: usize = 12;
/** What a page may have however few rows there are. */
const LEAST_PAGE_BYTES: usize = 4096;

/** By column two bytes, filled in: what it is made of, and of which field or flag. */
export const columns = memory.data(64);
let columnCount: u32 = 0;
/** By column and encoding eight bytes, filled in: where stands what each file says of it, and where that ends. */
export const said = memory.data(1024, 16);
/** The same of what each file says first and last. */
export const saidOfFile = memory.data(16, 16);
/** For what all these say. */
const SAYINGS_BYTES: i32 = 16_384;
export const sayings = memory.data(SAYINGS_BYTES, 16);
export const sayingsEnd = sayings + SAYINGS_BYTES;
/** Of what each file says. */
const FIRST: usize = 0;
const LAST: usize = 8;

export function setColumns(count: u32): void {
  columnCount = count;
}

/** What all rows of a revision have. */
let processedAt: i64 = 0;
let landingHour: i64 = 0;
let version: i32 = 0;

export function setRevision(processed: i64, landing: i64, number: i32): void {
  processedAt = processed;
  landingHour = landing;
  version = number;
}

/** Where a page is made. */
let pages: usize = 0;
/** What waits to be written. */
let out: usize = 0;
let outEnd: usize = 0;
/** Of the file, before what waits. */
let written: i64 = 0;
/** What its end will say of row groups. */
let footer: usize = 0;
let footerEnd: usize = 0;
let footerLimit: usize = 0;
let groups: u32 = 0;
let fileRows: i64 = 0;
/** The least and the greatest number of a column. */
const ends = memory.data(16, 16);

/** For row groups of so many rows, whose texts have so many bytes; so many of them in a file. Answers with what is free behind it. */
export function openFiles(at: usize, mostRows: u32, textBytes: usize, mostGroups: u32): usize {
  const pageBytes = (mostRows as usize) * PAGE_BYTES_OF_ROW + textBytes + LEAST_PAGE_BYTES;
  pages = (at + 15) & ~15;
  out = pages + pageBytes;
  // A dictionary and a page of numbers are put before anybody looks whether there is room.
  footer = out + FLUSH_BYTES + 2 * pageBytes;
  footerLimit = footer + ((mostGroups + 1) as usize) * (columnCount as usize) * MOST_CHUNK_BYTES;
  return footerLimit;
}

export function beginFile(): void {
  written = 0;
  groups = 0;
  fileRows = 0;
  footerEnd = footer;
  store<u32>(out, MAGIC);
  outEnd = out + 4;
}

/** Of the rows that were taken last. */
export function putRows(): void {
  groups += 1;
  fileRows += rows;
  if (footerEnd + (columnCount as usize) * MOST_CHUNK_BYTES > footerLimit) unreachable();
  footerEnd = putGroup(footerEnd, columnCount);
  for (let column: u32 = 0; column < columnCount; column += 1) {
    if (outEnd - out >= FLUSH_BYTES) flush();
    beginChunk(offset());
    const encoding = putColumn(load<u8>(columns + (column << 1)), load<u8>(columns + (column << 1), 1));
    const same = said + ((column * 4 + encoding) << 3);
    footerEnd = putChunk(footerEnd, load<u32>(same), load<u32>(same, 4) - load<u32>(same), encoding, rows, rows - present, dataAt, offset());
  }
  footerEnd = putGroupEnd(footerEnd, rows);
}

/** Answers with how many bytes the file has. */
export function endFile(): f64 {
  if (outEnd - out + (footerEnd - footer) >= FLUSH_BYTES) flush();
  const start = offset();
  outEnd = putSaid(outEnd, FIRST);
  outEnd = putRowsOfFile(outEnd, fileRows, groups);
  if (footerEnd - footer < FLUSH_BYTES) {
    outEnd = putAll(outEnd, footer, (footerEnd - footer) as u32);
  } else {
    flush();
    write(footer, footerEnd);
    written += footerEnd - footer;
  }
  outEnd = putEnd(putSaid(outEnd, LAST));
  store<u32>(outEnd, (offset() - start) as u32);
  store<u32>(outEnd, MAGIC, 4);
  outEnd += 8;
  flush();
  return written as f64;
}

function putSaid(to: usize, which: usize): usize {
  return putAll(to, load<u32>(saidOfFile + which), load<u32>(saidOfFile + which, 4) - load<u32>(saidOfFile + which));
}

function offset(): i64 {
  return written + (outEnd - out);
}

function flush(): void {
  write(out, outEnd);
  written += outEnd - out;
  outEnd = out;
}

/** Of the chunk that was put last. */
let dataAt: i64 = 0;

/** Answers with the encoding. */
function putColumn(kind: u32, which: u32): u32 {
  switch (kind) {
    case PAYMENT: {
      findEnds();
      setEnds(startOf(PAYMENT_ID, leastRow), lengthOf(PAYMENT_ID, leastRow), startOf(PAYMENT_ID, greatestRow), lengthOf(PAYMENT_ID, greatestRow));
      return putFrontsOf(PAYMENT_ID);
    }
    case MERCHANT: return putSame(putSameText(startOf(MERCHANT_ID, 0), lengthOf(MERCHANT_ID, 0), pages));
    case TEXT: {
      if (!takeEntries(which)) return putFrontsOf(which);
      putDictionary(putEntries(pages), entryCount);
      return putData(putNumbersOfEntries(which, pages), DICTIONARY, false);
    }
    case NUMBER: return putDeltas(putNumbers(which, pages));
    case SCORE: return putData(putScores(which, pages), PLAIN, false);
    case CREATION: return putDeltas(putCreations(pages));
    case DAY: return putSame(putSameInt(day, pages));
    case HOUR: return putWithEnds(putHours(pages), PLAIN, 4, false);
    case SPAN: return putDeltas(putSpans(pages));
    case FLAG: return putData(putFlags(which, pages), PLAIN, false);
    case PROCESSED_AT: return putSame(putSameLong(processedAt, pages));
    case VERSION: return putSame(putSameInt(version, pages));
    case LANDING_HOUR: return putSame(putSameLong(landingHour, pages));
    case HASH: return putWithEnds(putHashes(pages), PLAIN, 8, true);
    default: return unreachable();
  }
}

function lengthOf(field: u32, row: u32): u32 {
  return (endOf(field, row) - startOf(field, row)) as u32;
}

function putFrontsOf(field: u32): u32 {
  const end = putFronts(field, pages);
  return end == 0 ? putData(putTexts(field, pages), PLAIN, false) : putData(end, FRONTS, false);
}

/** zstd would make a fiftieth less of them. */
function putDeltas(end: usize): u32 {
  return putWithEnds(end, DELTAS, 8, true);
}

function putWithEnds(end: usize, encoding: u32, bytes: u32, isDense: bool): u32 {
  store<i64>(ends, least);
  store<i64>(ends, greatest, 8);
  if (present > 0) setEnds(ends, bytes, ends + 8, bytes);
  return putData(end, encoding, isDense);
}

/** `end`: of the dictionary's page. What follows is made behind it: the value must stay where it is. */
function putSame(end: usize): u32 {
  putDictionary(end, 1);
  setEnds(value, valueBytes, value, valueBytes);
  return putPage(end, putRun(putAllPresent(end)), DICTIONARY, false);
}

function putData(end: usize, encoding: u32, isDense: bool): u32 {
  return putPage(pages, end, encoding, isDense);
}

function putDictionary(end: usize, entries: u32): void {
  const bytes = (end - pages) as u32;
  const packed = packedBytes(pages, end, false);
  addUnpacked(putHeader(putDictionaryHeader(outEnd, bytes, frameBytes(bytes, packed), entries)) + bytes);
  putFrame(pages, bytes, packed);
}

/** `isDense`: it would not become smaller, or not by much. Answers with the encoding. */
function putPage(start: usize, end: usize, encoding: u32, isDense: bool): u32 {
  dataAt = offset();
  const bytes = (end - start) as u32;
  const packed = packedBytes(start, end, isDense);
  addUnpacked(putHeader(putDataHeader(outEnd, bytes, frameBytes(bytes, packed), rows, encoding)) + bytes);
  putFrame(start, bytes, packed);
  return encoding;
}

/** 0: not packed. */
function packedBytes(start: usize, end: usize, isDense: bool): u32 {
  return isDense || end - start < LEAST_PACKED_BYTES ? 0 : pack(start, end);
}

function frameBytes(bytes: u32, packed: u32): u32 {
  return packed == 0 ? storedBytes(bytes) : packed;
}

/** Answers with how long it is. */
function putHeader(end: usize): usize {
  const bytes = end - outEnd;
  outEnd = end;
  return bytes;
}

function putFrame(start: usize, bytes: u32, packed: u32): void {
  if (packed == 0) {
    outEnd = putStored(outEnd, start, bytes);
  } else {
    putPacked(outEnd);
    outEnd += packed;
  }
}
