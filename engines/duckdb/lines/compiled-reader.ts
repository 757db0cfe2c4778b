/**
 * The part of the reader that looks at every byte. It is written in AssemblyScript (assembly/) and compiled to WebAssembly by the build: V8
 * makes machine code of it before the first line, where JavaScript is interpreted, compiled and compiled again while lines are read.
 */
import { CURRENCIES } from '../../../contract/currencies';
import { STATUSES } from '../../../contract/payment';
import { GrowingMemory, instanceOf } from '../compiled-module';

/** In the order of the canonical text, as assembly/fields.ts numbers them. */
export const PLAIN_FIELDS = [
  'payment_id', 'merchant_id', 'user_id', 'amount_cents', 'currency', 'status', 'payment_method', 'risk_score', 'authorized_at',
  'completed_at', 'created_at', 'source_system', 'decline_reason',
] as const;

/** Of marks: characters that mean nothing to whoever reads a file of them. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-';
const CAPITAL_A = 0x41;
const LETTERS = 26;
const VECTOR_BYTES = 16;
/** What reads sixteen bytes at a time may look beyond the last of them. */
const BEYOND = 64;

/** What it has to ask for; `start` and `end` are places in its memory. */
export interface ReaderHost {
  isUtf8(start: number, end: number): boolean;
  /** asked of short ones and of those that begin with `_` */
  isForbiddenMerchant(start: number, end: number): boolean;
  isErased(start: number, end: number): boolean;
  /** where there may be a card number in the line */
  countCards(start: number, end: number): void;
  countUnknown(start: number, end: number): void;
  /** of a line that is to go both ways; its text is written nowhere, its hash stands there in digits */
  check(start: number, end: number, hash: number, hashEnd: number): void;
  /** so much waits at the place that it must be written */
  flush(place: number): void;
}

export interface CompiledReader {
  readonly memory: Buffer;
  /** where lines may be put: so many bytes as were asked for */
  readonly input: number;
  placeAt(place: number): number;
  waitingAt(place: number): number;
  /** how many of the run's lines come before the one that is looked at */
  line(): number;
  begin(line: number, knownUtf8: boolean, countsSent: boolean): void;
  readLines(start: number, end: number): number;
  idHash(start: number, end: number): number;
  putMark(start: number, end: number, to: number): number;
  /** by how manieth the currency is, from 1 on: lines, the nine last digits added up, those before them added up */
  readonly sums: number;
}

interface Exports extends Pick<CompiledReader, 'placeAt' | 'waitingAt' | 'begin' | 'readLines' | 'idHash' | 'putMark'> {
  readonly memory: WebAssembly.Memory;
  readonly line: WebAssembly.Global;
  readonly names: WebAssembly.Global;
  readonly nameLengths: WebAssembly.Global;
  readonly pairsOfDigits: WebAssembly.Global;
  readonly currencies: WebAssembly.Global;
  readonly statuses: WebAssembly.Global;
  readonly alphabet: WebAssembly.Global;
  readonly sines: WebAssembly.Global;
  readonly sums: WebAssembly.Global;
  open(groups: number, buckets: number, asksWhoIsErased: boolean, latestSeconds: number): number;
}

export interface ReaderSize {
  readonly groups: number;
  readonly buckets: number;
  readonly inputBytes: number;
  readonly asksWhoIsErased: boolean;
  /** no created_at may be later */
  readonly latest: Date;
}

export function openCompiledReader(size: ReaderSize, host: ReaderHost): CompiledReader {
  const exports = instanceOf<Exports>('lines/plain-lines.wasm', { host: { ...host } });
  const input = exports.open(size.groups, size.buckets, size.asksWhoIsErased, size.latest.getTime() / 1000);
  // Once and never again: the memory would be another one.
  const growing = new GrowingMemory(exports.memory);
  growing.room(input + size.inputBytes + BEYOND);
  const memory = growing.bytes;
  fillIn(exports, memory);
  return {
    memory,
    input,
    sums: exports.sums.value,
    placeAt: exports.placeAt,
    waitingAt: exports.waitingAt,
    line: () => exports.line.value,
    begin: exports.begin,
    readLines: exports.readLines,
    // What is an unsigned number there comes out as a signed one.
    idHash: (start, end) => exports.idHash(start, end) >>> 0,
    putMark: (start, end, to) => exports.putMark(start, end, to) >>> 0,
  };
}

/** What the contract says, and what MD5 does, as tables. */
function fillIn({ names, nameLengths, pairsOfDigits, currencies, statuses, alphabet, sines }: Exports, memory: Buffer): void {
  for (const [field, name] of PLAIN_FIELDS.entries()) {
    memory[nameLengths.value + field] = memory.write(`${name}"`, names.value + field * VECTOR_BYTES, 'latin1');
  }
  for (let value = 0; value < 100; value += 1) memory.write(String(value).padStart(2, '0'), pairsOfDigits.value + 2 * value, 'latin1');
  for (const [index, code] of [...CURRENCIES].entries()) {
    if (index >= 255) throw new RangeError('there are more currencies than a byte can tell apart');
    memory[currencies.value + [...code].reduce((place, letter) => place * LETTERS + letter.charCodeAt(0) - CAPITAL_A, 0)] = index + 1;
  }
  for (const status of STATUSES) {
    const look = statuses.value + (status.length * LETTERS + status.charCodeAt(0) - CAPITAL_A) * VECTOR_BYTES;
    if (status.length > VECTOR_BYTES || memory[look] !== 0) throw new RangeError(`another status looks like ${status}, or it is too long`);
    memory.write(status, look, 'latin1');
  }
  memory.write(ALPHABET, alphabet.value, 'latin1');
  for (let n = 0; n < 64; n += 1) memory.writeUInt32LE(Math.floor(Math.abs(Math.sin(n + 1)) * 2 ** 32), sines.value + 4 * n);
}
