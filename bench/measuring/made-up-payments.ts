/** Rows of an hour as its curate would give them, and the spool that its publish would send: the same for the same numbers. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import type { CuratedPayment, PaymentStatus } from '../../contract/payment';
import { encodeFrame } from '../../contract/record-frame';

export interface MadeUpHour {
  readonly landingHour: LandingHour;
  readonly rows: number;
  readonly merchants: number;
  readonly revision: number;
  /** a tenth of the payments, anywhere among the others, as this revision says them; the others as the first did */
  readonly changed: boolean;
}

/** Of so many, one is another one in a revision that changes some. */
const CHANGED_OF = 10;
/** Larger than any hour and prime: what a payment says, and when it was made, has nothing to do with its id. */
const STRIDE = 2_147_483_647n;
const STATUSES_OF: readonly PaymentStatus[] = ['CAPTURED', 'CAPTURED', 'CAPTURED', 'SETTLED', 'SETTLED', 'APPROVED', 'DECLINED', 'REFUNDED'];
const CURRENCIES = ['EUR', 'EUR', 'EUR', 'EUR', 'USD', 'USD', 'GBP', 'JPY'] as const;
const METHODS = ['card', 'card', 'wallet', 'bank_transfer'] as const;
const HOUR_MICROS = 3_600_000_000n;

/** In the order in which publish sends an hour's payments, by id; `only`: those that the revision changes. */
export function* madeUpPayments(hour: MadeUpHour, only: 'all' | 'changed' = 'all'): Generator<CuratedPayment> {
  const rows = BigInt(hour.rows);
  for (let i = 0n; i < rows; i += 1n) {
    const n = Number((i * STRIDE) % rows);
    const isChanged = hour.changed && bits(mixed(n, 0), 40, CHANGED_OF) === 0;
    if (only === 'all' || isChanged) yield paymentOf(hour, Number(i), n, isChanged ? hour.revision : 1);
  }
}

function paymentOf({ landingHour, rows, merchants, revision }: MadeUpHour, id: number, n: number, version: number): CuratedPayment {
  const hash = mixed(n, 0);
  const start = BigInt(hourStart(landingHour).getTime()) * 1000n;
  const created = start + (BigInt(n) * HOUR_MICROS) / BigInt(rows);
  const status = STATUSES_OF[bits(hash, 0, 8)]!;
  const completed = status === 'CAPTURED' || status === 'SETTLED' || status === 'REFUNDED';
  const ms = BigInt(2_000 + bits(hash, 8, 90_000));
  return {
    payment_id: `pay_${hour36(start)}_${id.toString(36).padStart(6, '0')}`,
    // A few merchants have most of the payments, as in life.
    merchant_id: `merchant-${String(1 + Math.floor(merchants * (bits(hash, 16, 65_536) / 65_536) ** 2.2)).padStart(4, '0')}`,
    user_id: bits(hash, 24, 20) === 0 ? null : `user-${bits(hash, 20, 4_000_000).toString(36)}`,
    amount_cents: BigInt(100 + bits(hash, 12, 60_000) + version - 1), currency: CURRENCIES[bits(hash, 32, 8)]!, status,
    payment_method: METHODS[bits(hash, 36, 4)]!, risk_score: bits(hash, 28, 10) === 0 ? null : bits(hash, 22, 1_000_000) / 10_000,
    authorized_at: created, completed_at: completed ? created + ms * 1000n : null, created_at: created, source_system: 'checkout',
    decline_reason: status === 'DECLINED' ? 'insufficient_funds' : null,
    dt: landingHour.slice(0, 10), hour: Number(landingHour.slice(11, 13)), authorized_to_complete_ms: completed ? ms : null,
    is_approved: status === 'APPROVED', is_refunded: status === 'REFUNDED',
    processed_at: start + HOUR_MICROS, curated_version: revision, landing_hour: start, row_hash: mixed(n, version),
  };
}

/** 60 bits in which every bit depends on the number: the order of two versions of a payment is anybody's guess, as with an md5. */
function mixed(n: number, version: number): bigint {
  let value = BigInt.asUintN(64, (BigInt(n) * 31n + BigInt(version) + 1n) * 0x9e37_79b9_7f4a_7c15n);
  value = BigInt.asUintN(64, (value ^ (value >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  value = BigInt.asUintN(64, (value ^ (value >> 27n)) * 0x94d0_49bb_1331_11ebn);
  return BigInt.asUintN(60, value ^ (value >> 31n));
}

/** A number below `below` from the hash's bits beginning at `from`. */
function bits(hash: bigint, from: number, below: number): number {
  return Number((hash >> BigInt(from)) & 0xffff_ffffn) % below;
}

function hour36(startMicros: bigint): string {
  return (startMicros / HOUR_MICROS).toString(36);
}

export interface WrittenSpool {
  readonly records: number;
  /** of the values */
  readonly valueBytes: number;
  readonly keyBytes: number;
}

export async function writeSpool(path: string, rows: Iterable<CuratedPayment>, valueOf: (row: CuratedPayment) => Buffer): Promise<WrittenSpool> {
  const out = createWriteStream(path, { highWaterMark: 1 << 20 });
  let [records, valueBytes, keyBytes] = [0, 0, 0];
  for (const row of rows) {
    const value = valueOf(row);
    const key = Buffer.from(row.payment_id);
    records += 1;
    valueBytes += value.length;
    keyBytes += key.length;
    if (!out.write(encodeFrame({ op: 'upsert', key, value }))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return { records, valueBytes, keyBytes };
}
