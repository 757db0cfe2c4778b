/** Runs as a load is given them: an hour's rows at a revision, the difference from what was loaded before, and a lake of rows. */
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { encodeAvro } from '../../contract/curated-avro';
import { hourStart, parseLandingHour, type LandingHour } from '../../contract/landing-hour';
import { STATUSES, type Change, type ChangeOp, type CuratedPayment } from '../../contract/payment';
import type { PublishMode } from '../../contract/run';
import { SumsOfRows, type Sums } from '../../contract/sums';
import type { LoadInput, LoadResult } from '../../contract/stages';
import { readSql } from '../../sql/read-sql';
import { openLedger, type Ledger } from '../../stores/ledger';
import { migrate } from '../../stores/migrations';
import { openPayments, type Payments } from '../../stores/payments';
import type { LoadJob } from '../../stores/payments-load';
import type { Postgres } from '../../stores/postgres';
import type { AvroChange, SentChange } from '../../stores/record-codec';
import { freshDatabase, type FreshDatabase } from '../ledger/fresh-database';

export interface Line {
  readonly id: string;
  /** minutes after midnight of 2026-11-20 */
  readonly at: number;
  readonly cents?: bigint;
  readonly status?: CuratedPayment['status'];
  readonly merchant?: string;
  readonly currency?: string;
  readonly method?: string | null;
  /** authorised to completed */
  readonly ms?: bigint;
  readonly declined?: string;
}

export interface WinnerRow {
  readonly payment_id: string;
  readonly landing_hour: string;
  readonly amount_cents: bigint;
  readonly row_hash: bigint;
}

/** One database, its ledger, and a lake that holds what each hour's revisions said. */
export class Loading {
  readonly ledger: Ledger;
  readonly loader: Postgres;
  readonly reader: Postgres;
  readonly payments: Payments;
  private readonly lake = new Map<string, readonly CuratedPayment[]>();

  private constructor(readonly database: FreshDatabase) {
    this.loader = database.open('loader');
    this.reader = database.open('reader');
    this.ledger = openLedger(this.loader);
    this.payments = openPayments(this.loader, this.reader);
  }

  static async start(): Promise<Loading> {
    const database = await freshDatabase();
    await migrate(database.open('owner'));
    return new Loading(database);
  }

  stop(): Promise<void> {
    return this.database.close();
  }

  /** Opens a revision with these lines and moves it to where a load begins. */
  async publish(landingHour: LandingHour, lines: readonly Line[], publish: PublishMode = 'changed'): Promise<{ readonly input: LoadInput; readonly changes: readonly Change[] }> {
    const last = await this.ledger.lastLoaded(landingHour);
    const opened = await this.ledger.openRevision({
      landingHour, round: 1, kind: 'manual', by: 'test', publish, force: true, manifestFingerprint: `${lines.length}`, transformFingerprint: 't',
      contractVersion: 1, objects: 1, bytes: 1, workflowId: 'w', workflowRunId: `${landingHour}-${Math.random()}`, attemptToken: 'a',
    });
    const now = lines.map((line) => rowOf(landingHour, opened.revision, line));
    const base = last === null ? [] : this.lake.get(`${landingHour} r${last.revision}`)!;
    this.lake.set(`${landingHour} r${opened.revision}`, now);
    const { changes, ...counts } = difference(base, now, publish);
    await this.ledger.markCommitted({ landingHour, revision: opened.revision });
    const read = new SumsOfRows();
    for (const change of changes) if (change.op === 'upsert') read.add(change.row);
    return {
      changes,
      input: {
        landingHour, revision: opened.revision,
        publish: {
          topic: 't', published: changes.length, ...counts, ranges: [], upsertsRead: read.result(), retractsRead: counts.retracted, found: false,
        },
      },
    };
  }

  load(run: { readonly input: LoadInput; readonly changes: readonly Change[] }, more: Partial<LoadJob> = {}): Promise<LoadResult> {
    return this.payments.load({
      input: run.input,
      records: () => batches(run.changes.map(asSent)),
      rowsOfHour: (hour, wanted) => this.rowsOfHour(hour, new Set(wanted.map((row) => row.paymentId))),
      attempt: 1,
      worker: 'test',
      signal: new AbortController().signal,
      progress: () => undefined,
      ...more,
    });
  }

  async run(landingHour: LandingHour, lines: readonly Line[], publish: PublishMode = 'changed'): Promise<LoadResult> {
    return this.load(await this.publish(landingHour, lines, publish));
  }

  /** Each row with where it lies: a row that was written again lies elsewhere. */
  async winners(): Promise<readonly WinnerRow[]> {
    return this.reader.rows<WinnerRow & Record<string, unknown>>(
      'select payment_id, landing_hour, amount_cents, row_hash from curated_payments order by payment_id');
  }

  /** Every version of every row: not one of them may change where nothing is to be changed. */
  async versions(): Promise<unknown> {
    return [
      await this.reader.rows('select payment_id, ctid::text, xmin::text from curated_payments order by payment_id'),
      await this.reader.rows('select landing_hour, payment_id, ctid::text, xmin::text from hour_payments order by 1, 2'),
      await this.reader.rows('select landing_hour, loaded_revision from ledger.hours order by 1'),
      await this.reader.rows('select * from ledger.stages order by 1, 2, 3'),
    ];
  }

  private async *rowsOfHour(hour: LandingHour, wanted: ReadonlySet<string>): AsyncGenerator<readonly CuratedPayment[]> {
    const loaded = await this.ledger.lastLoaded(hour);
    yield this.lake.get(`${hour} r${loaded!.revision}`)!.filter((row) => wanted.has(row.payment_id));
  }
}

export function hourAt(hour: number): LandingHour {
  return parseLandingHour(`2026-11-20T${String(hour).padStart(2, '0')}`);
}

/** Every second one as the topic has it, the others as rows: what is in either must end up alike. */
export function asSent({ op, row }: Change, i: number): SentChange {
  return i % 2 === 0 ? { op, row } : avroChange(op, encodeAvro(row));
}

/** With bytes of something else on either side, as in a batch of records. */
export function avroChange(op: ChangeOp, avro: Buffer): AvroChange {
  return { op, bytes: Buffer.concat([Buffer.from('before'), avro, Buffer.alloc(12)]), start: 6, end: 6 + avro.length };
}

export async function* batches<C extends SentChange>(changes: readonly C[], size = 1000): AsyncGenerator<readonly C[]> {
  for (let at = 0; at < changes.length; at += size) yield changes.slice(at, at + size);
}

export function rowOf(landingHour: LandingHour, revision: number, line: Line): CuratedPayment {
  const status = line.status ?? 'CAPTURED';
  const created = BigInt(Date.UTC(2026, 10, 20)) * 1000n + BigInt(line.at) * 60_000_000n + 123_456n;
  const cents = line.cents ?? 100n;
  const merchant = line.merchant ?? 'shop-1';
  return {
    payment_id: line.id, merchant_id: merchant, user_id: null, amount_cents: cents, currency: line.currency ?? 'EUR', status,
    payment_method: line.method === undefined ? 'card' : line.method, risk_score: 0.1,
    authorized_at: line.ms === undefined ? null : created - line.ms * 1000n, completed_at: created, created_at: created,
    source_system: 'a\tb\\c "ü€𝄞', decline_reason: line.declined ?? null,
    dt: new Date(Number(created / 1000n)).toISOString().slice(0, 10), hour: Math.floor(line.at / 60) % 24, authorized_to_complete_ms: line.ms ?? null, is_approved: status === 'APPROVED',
    is_refunded: status === 'REFUNDED', processed_at: created + 1n, curated_version: revision,
    landing_hour: BigInt(hourStart(landingHour).getTime()) * 1000n,
    row_hash: hashOf([line.id, merchant, cents, status, created, line.currency, line.method, line.ms, line.declined].filter((part) => part !== undefined).join('|')),
  };
}

function hashOf(text: string): bigint {
  return BigInt(`0x${createHash('md5').update(text).digest('hex').slice(0, 15)}`);
}

function difference(base: readonly CuratedPayment[], now: readonly CuratedPayment[], publish: PublishMode): {
  readonly changes: readonly Change[]; readonly base: number; readonly new: number; readonly upserted: number; readonly retracted: number; readonly unchanged: Sums;
} {
  const before = new Map(base.map((row) => [row.payment_id, row]));
  const after = new Set(now.map((row) => row.payment_id));
  const unchanged = new SumsOfRows();
  const changes: Change[] = [];
  for (const row of now) {
    if (publish === 'changed' && before.get(row.payment_id)?.row_hash === row.row_hash) unchanged.add(row);
    else changes.push({ op: 'upsert', row });
  }
  const upserted = changes.length;
  for (const row of base) if (!after.has(row.payment_id)) changes.push({ op: 'retract', row });
  return {
    changes, base: base.length, new: now.filter((row) => !before.has(row.payment_id)).length, upserted, retracted: changes.length - upserted,
    unchanged: unchanged.result(),
  };
}

/** What curated_payments must hold: the greatest by created_at, status rank, row_hash, landing hour over all hours' rows. */
export function greatest(hours: readonly (readonly CuratedPayment[])[]): readonly Pick<CuratedPayment, 'payment_id' | 'landing_hour' | 'row_hash'>[] {
  const best = new Map<string, CuratedPayment>();
  for (const row of hours.flat()) {
    const other = best.get(row.payment_id);
    if (other === undefined || compare(row, other) > 0) best.set(row.payment_id, row);
  }
  return [...best.values()].sort((a, b) => (a.payment_id < b.payment_id ? -1 : 1));
}

function compare(a: CuratedPayment, b: CuratedPayment): number {
  const key = (row: CuratedPayment): readonly bigint[] => [row.created_at, BigInt(STATUSES.indexOf(row.status)), row.row_hash, row.landing_hour];
  const [left, right] = [key(a), key(b)];
  for (const [i, value] of left.entries()) if (value !== right[i]) return value > right[i]! ? 1 : -1;
  return 0;
}

/** Which of these statements were run meanwhile? */
export async function ranOf(statements: readonly string[], work: () => Promise<unknown>): Promise<readonly string[]> {
  const query = jest.spyOn(Client.prototype, 'query');
  await work();
  const texts = new Set(query.mock.calls.map(([statement]) => statement as unknown));
  return statements.filter((name) => texts.has(readSql(name)));
}
