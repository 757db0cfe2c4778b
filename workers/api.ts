/** The API as a process: opens what its routes need, listens, and ends in order. */
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createLakeQueries } from '../activities/lake-queries';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import { createDuckdbEngine } from '../engines/duckdb/engine';
import { createLakeReader } from '../engines/duckdb/lake-reader';
import { createTableWriter } from '../engines/duckdb/table-writer';
import { findKey } from '../stores/api-keys';
import { openAthena } from '../stores/athena';
import { Backfills } from '../stores/backfills';
import { Days } from '../stores/days';
import { openTopic } from '../stores/kafka';
import { openLake } from '../stores/lake';
import { openLedger } from '../stores/ledger';
import { openPostgres } from '../stores/postgres';
import { openReports, type Reports } from '../stores/reports';
import { openSchemaRegistry } from '../stores/schema-registry';
import { Hours } from '../stores/temporal';
import { backfillRoutes } from './api/backfill-routes';
import { Exports, exportRoutes } from './api/exports';
import { LakeAsked, queryRoutes } from './api/lake-asked';
import { operationsRoutes } from './api/operations-routes';
import { parquetIn, type ParquetOf } from './api/parquet';
import { paymentRoutes } from './api/payment-routes';
import { reconciliationRoutes } from './api/reconciliation-routes';
import { reportRoutes } from './api/report-routes';
import type { AnyRoute } from './api/route';
import { apiServer } from './api/server';
import { productVersion } from './product-version';

export interface ApiParts {
  readonly configuration: Configuration;
  readonly client: Client;
  readonly log: Logger;
}

export interface Api {
  readonly address: string;
  readonly routes: readonly AnyRoute[];
  close(): Promise<void>;
}

/** Operators are few: they must not take the connections that reports are answered by. */
const OPERATORS_CONNECTIONS = 4;

export async function startApi(parts: ApiParts): Promise<Api> {
  const { configuration, log } = parts;
  const statementMs = configuration.SLUICE_API_STATEMENT_SECONDS * 1000;
  const reports = openReports(configuration, { connections: configuration.SLUICE_API_CONNECTIONS, statementMs });
  const { routes, parquet, close } = openRoutes(parts, reports, statementMs);
  const server = apiServer({
    routes, log, parquet, version: productVersion(), pages: { temporalUi: temporalUiOf(parts) },
    access: { aMinute: configuration.SLUICE_API_REQUESTS_A_MINUTE, findKey: (secret) => findKey(reports.postgres, secret) },
    healthy: async () => { await reports.read(null, () => Promise.resolve()); },
  });
  try {
    await listen(server, configuration);
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = server.server.address() as AddressInfo;
  const host = configuration.SLUICE_API_HOST;
  return {
    routes,
    address: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close() {
      await server.close();
      await close();
    },
  };
}

function temporalUiOf({ configuration: { SLUICE_TEMPORAL_UI: address }, client }: ApiParts): string | null {
  return address === undefined ? null : `${address.replace(/\/$/, '')}/namespaces/${encodeURIComponent(client.options.namespace)}/workflows`;
}

function openRoutes({ configuration, client, log }: ApiParts, reports: Reports, statementMs: number): { readonly routes: readonly AnyRoute[]; readonly parquet: ParquetOf; close(): Promise<void> } {
  // Not the reports' connections: those see nothing unless they say for whom, and the ledger's questions say it for nobody.
  const reader = openPostgres(configuration, 'reader', { connections: OPERATORS_CONNECTIONS, statementMs });
  const loader = openPostgres(configuration, 'loader', { connections: OPERATORS_CONNECTIONS, statementMs });
  const lake = openLake(configuration);
  const topic = openTopic(configuration, openSchemaRegistry(configuration), (level, message, fields) => log[level](fields, message));
  const workDir = configuration.SLUICE_WORK_DIR ?? join(tmpdir(), 'sluice');
  const duckdb = { memoryLimit: configuration.SLUICE_DUCKDB_MEMORY, threads: configuration.SLUICE_DUCKDB_THREADS, workDir };
  const engine = createDuckdbEngine(duckdb);
  const athena = openAthena(configuration);
  const parquet = parquetIn(workDir, createTableWriter(duckdb));
  const exports = new Exports({ lake, parquet, workDir, log, hours: configuration.SLUICE_EXPORT_HOURS });
  const queries = createLakeQueries({ lake, athena, lakeReader: createLakeReader(duckdb), workDir, configuration });
  const asked = new LakeAsked({ queries, lake, log, hours: configuration.SLUICE_EXPORT_HOURS });
  const [ledger, writing] = [openLedger(reader), openLedger(loader)];
  const queue = configuration.SLUICE_TASK_QUEUE;
  const hours = new Hours(client, queue);
  return {
    parquet,
    routes: [
      ...reportRoutes({ reports, lake: asked }),
      ...queryRoutes(asked),
      ...paymentRoutes({ reports, way: { lake, ledger, topic }, exports, streamedAtMost: configuration.SLUICE_EXPORT_ROWS }),
      ...exportRoutes(exports),
      ...operationsRoutes({ ledger, writing, lake, hours }),
      ...reconciliationRoutes({ ledger, writing, lake, days: new Days(client, queue) }),
      ...backfillRoutes({ backfills: new Backfills(client, queue), ledger, writing, plan: { lake, ledger, engine, hours } }),
    ],
    async close() {
      asked.close();
      exports.close();
      lake.close();
      athena.close();
      await Promise.all([reports.close(), reader.close(), loader.close()]);
    },
  };
}

async function listen(server: FastifyInstance, { SLUICE_API_HOST: host, SLUICE_API_PORT: port }: Configuration): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new SluiceError({
      kind: 'configuration', what: code === 'EADDRINUSE' ? 'the port of the API is taken' : `the API cannot listen: ${message}`, on: `${host}:${port}`,
      fix: 'Set SLUICE_API_PORT to another port, or to 0 for any free one', cause: error,
    });
  }
}
