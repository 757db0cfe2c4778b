/** A bench with a database, a lake and a topic of its own: what is rebuilt is everything that the lake knows. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { migrate } from '../../stores/migrations';
import { openPostgres } from '../../stores/postgres';
import { freshDatabase } from '../ledger/fresh-database';
import { HourBench } from '../support/hour-bench';

const CLI = join(__dirname, '../../dist/scripts/sluice.js');

/** Where two versions of a database must say the same. A row's revision and instant are those of the revision that wrote it last. */
const CONTENTS: Readonly<Record<string, string>> = {
  hour_payments: 'select * from hour_payments',
  curated_payments: `select payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at, created_at,
    source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, landing_hour, row_hash from curated_payments`,
  hours: 'select landing_hour, state, last_revision, committed_revision, loaded_revision from ledger.hours where last_revision > 0',
  revisions: `select landing_hour, revision, state, base_revision, processed_at, manifest_key, manifest_fingerprint, transform_fingerprint, contract_version,
    publish_mode, objects, bytes, kind, requested_by, workflow_id, workflow_run_id, round, dead_lettered, first_difference, opened_at, committed_at, published_at,
    loaded_at from ledger.revisions where loaded_at is not null`,
  stages: `select landing_hour, revision, stage, attempt, started_at, worker, result from ledger.stages where stage <> 'prove'`,
  proofs: 'select distinct on (landing_hour, revision) landing_hour, revision, state, first_difference, proof from ledger.proofs order by landing_hour, revision, proof_id desc',
  reasons: 'select * from ledger.dead_letter_reasons',
  cases: 'select d.* from ledger.dead_letters d join ledger.hours h on h.landing_hour = d.landing_hour and h.committed_revision = d.revision',
};

const TABLES = ['hour_payments', 'curated_payments', 'ledger.hours', 'ledger.revisions', 'ledger.runs', 'ledger.stages', 'ledger.proofs',
  'ledger.dead_letter_reasons', 'ledger.dead_letters', 'ledger.redrives', 'ledger.audit'];

export interface OwnStores {
  readonly settings: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function ownStores(): Promise<OwnStores> {
  const { configuration, close } = await freshDatabase();
  const { SLUICE_POSTGRES_OWNER_URL, SLUICE_POSTGRES_LOADER_URL, SLUICE_POSTGRES_READER_URL } = configuration;
  const name = `rebuild-${randomBytes(5).toString('hex')}`;
  const settings = {
    SLUICE_POSTGRES_OWNER_URL, SLUICE_POSTGRES_LOADER_URL, SLUICE_POSTGRES_READER_URL, SLUICE_LAKE_BUCKET: name, SLUICE_KAFKA_TOPIC: name,
    SLUICE_KAFKA_PARTITIONS: '2', SLUICE_REVISION_GRACE_MINUTES: '0',
  };
  return { settings, close };
}

/** One md5 for each, over the rows in order. */
export async function checksumsOf(bench: HourBench): Promise<Readonly<Record<string, string>>> {
  const sums: Record<string, string> = {};
  for (const [name, select] of Object.entries(CONTENTS)) {
    const [row] = await bench.rows<{ sum: string; rows: bigint }>(
      `select coalesce(md5(string_agg(t::text, E'\\n' order by t::text)), '') as sum, count(*) as rows from (${select}) t`);
    sums[name] = `${row!.rows} rows ${row!.sum}`;
  }
  return sums;
}

export async function loseEverything(bench: HourBench): Promise<void> {
  await bench.asOwner('drop schema ledger cascade');
  await bench.asOwner('drop schema if exists rollups, api, bi cascade');
  await bench.asOwner('drop table hour_payments, curated_payments');
}

export async function migrated(bench: HourBench): Promise<void> {
  const owner = openPostgres(bench.configuration, 'owner');
  try {
    await migrate(owner);
  } finally {
    await owner.close();
  }
}

export class OwnBench {
  private constructor(readonly bench: HourBench, private readonly stores: OwnStores) {}

  static async open(more: Readonly<Record<string, string>> = {}): Promise<OwnBench> {
    const stores = await ownStores();
    return new OwnBench(await HourBench.open({ ...stores.settings, ...more }), stores);
  }

  async close(): Promise<void> {
    await this.bench.close();
    await this.stores.close();
  }

  sluice(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { env: this.bench.environment, encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  }

  checksums(): Promise<Readonly<Record<string, string>>> {
    return checksumsOf(this.bench);
  }

  loseEverything(): Promise<void> {
    return loseEverything(this.bench);
  }

  migrate(): Promise<void> {
    return migrated(this.bench);
  }

  async backUp(): Promise<void> {
    await this.bench.asOwner('drop schema if exists backup cascade');
    await this.bench.asOwner('create schema backup');
    for (const table of TABLES) await this.bench.asOwner(`create table backup.${table.replace('.', '_')} as select * from ${table}`);
  }

  async restore(): Promise<void> {
    await this.bench.asOwner(`truncate ${TABLES.join(', ')} cascade`);
    for (const table of TABLES) {
      const columns = await this.columnsOf(table);
      await this.bench.asOwner(`insert into ${table} (${columns}) overriding system value select ${columns} from backup.${table.replace('.', '_')}`);
    }
  }

  /** Without those that the server computes: they cannot be put back, as pg_restore does not either. */
  private async columnsOf(table: string): Promise<string> {
    const [row] = await this.bench.rows<{ columns: string }>(
      `select string_agg(quote_ident(attname), ', ' order by attnum) as columns from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`, [table]);
    return row!.columns;
  }
}
