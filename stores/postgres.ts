/** Connections to Postgres, one pool for each role. int8 comes back as bigint and instants as text: neither may lose a digit. */
import { Pool, types, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';
import type { Configuration } from '../contract/configuration';
import { isOfPostgres, postgresError, SETTING_OF, type Role } from './postgres-errors';

export interface PostgresLimits {
  /** connections of the pool; 10 unless told otherwise */
  readonly connections?: number;
  /** after which a statement is cancelled by the server; 60 s. A load sets its own. */
  readonly statementMs?: number;
  /**
   * How much longer than `statementMs` an answer is waited for, after which the server is taken for frozen and the
   * connection is given up; 15 s. In a transaction nobody waits on a clock: its statements may be long by right.
   */
  readonly answerGraceMs?: number;
  /** after which a transaction that asks nothing is ended by the server, so that a stuck worker's locks go; 60 s */
  readonly idleInTransactionMs?: number;
  /** settings with which every session begins */
  readonly settings?: Readonly<Record<string, string>>;
}

/** One connection in a transaction. */
export interface Session {
  readonly client: PoolClient;
  rows<Row extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** rows touched */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
}

const INT8 = 20;
const DATE = 1082;
const TIMESTAMPTZ = 1184;

/** `2026-11-20 10:00:00.123456+00` of the server to `2026-11-20T10:00:00.123456Z`; sessions are in UTC. */
function isoInstant(text: string): string {
  return text.replace(' ', 'T').replace(/\+00$/, 'Z');
}

const PARSERS = new Map<number, (text: string) => unknown>([
  [INT8, (text) => BigInt(text)],
  [DATE, (text) => text],
  [TIMESTAMPTZ, isoInstant],
]);

export class Postgres {
  private readonly pool: Pool;
  private readonly answerMs: number;

  constructor(url: string, readonly role: Role, limits: PostgresLimits = {}) {
    const statementMs = limits.statementMs ?? 60_000;
    this.answerMs = statementMs + (limits.answerGraceMs ?? 15_000);
    this.pool = new Pool({
      connectionString: url,
      max: limits.connections ?? 10,
      application_name: `sluice ${role}`,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: limits.idleInTransactionMs ?? 60_000,
      options: Object.entries({ TimeZone: 'UTC', DateStyle: 'ISO', ...limits.settings }).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`).join(' '),
      types: {
        getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
          PARSERS.get(oid) ?? types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser,
      },
    });
    // A connection that breaks while nobody uses it: without a listener it would end the process.
    this.pool.on('error', () => undefined);
  }

  async rows<Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      return (await this.pool.query<Row>(this.within(sql, values))).rows;
    } catch (error) {
      throw postgresError(error, this.role);
    }
  }

  async run(sql: string, values: readonly unknown[] = []): Promise<number> {
    try {
      return (await this.pool.query(this.within(sql, values))).rowCount ?? 0;
    } catch (error) {
      throw postgresError(error, this.role);
    }
  }

  /**
   * All of it or nothing. Aborting the signal drops the connection, which rolls back: a statement that runs for minutes
   * cannot be asked to stop on its own connection.
   */
  async transaction<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const client = await this.connect();
    let gone = false;
    const drop = (): void => {
      if (gone) return;
      gone = true;
      client.release(true);
    };
    const onError = (): void => undefined;
    client.on('error', onError);
    signal?.addEventListener('abort', drop, { once: true });
    try {
      await client.query('begin');
      const answer = await work(sessionOn(client));
      await client.query('commit');
      return answer;
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (!gone) {
        // A rollback that fails leaves a connection in an unknown state: it must not go back to the pool.
        await client.query('rollback').catch(drop);
      }
      throw isOfPostgres(error) ? postgresError(error, this.role) : error;
    } finally {
      signal?.removeEventListener('abort', drop);
      client.removeListener('error', onError);
      if (!gone) client.release();
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /** The server cancels what takes too long; a server that is stopped cancels nothing. */
  private within(text: string, values: readonly unknown[]): QueryConfig {
    return { text, values: [...values], query_timeout: this.answerMs } as QueryConfig;
  }

  private async connect(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw postgresError(error, this.role);
    }
  }
}

function sessionOn(client: PoolClient): Session {
  return {
    client,
    rows: async <Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...values])).rows,
    run: async (sql, values = []) => (await client.query(sql, [...values])).rowCount ?? 0,
  };
}

export function openPostgres(configuration: Configuration, role: Role, limits: PostgresLimits = {}): Postgres {
  return new Postgres(configuration[SETTING_OF[role]], role, limits);
}
