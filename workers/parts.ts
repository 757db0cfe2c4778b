/** Opens everything that the activities need, once, from the configuration, and closes it again. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { createLakeQueries } from '../activities/lake-queries';
import type { ActivityParts } from '../activities/registry';
import { ReportRecipients } from '../activities/report-recipients';
import type { Configuration } from '../contract/configuration';
import type { LakeQueries } from '../contract/lake-question';
import { createDuckdbEngine } from '../engines/duckdb/engine';
import { createLakeReader } from '../engines/duckdb/lake-reader';
import { openAthena } from '../stores/athena';
import { openCatalog } from '../stores/catalog';
import { openPaymentsComparison } from '../stores/compared-payments';
import { openTopic } from '../stores/kafka';
import { openLake } from '../stores/lake';
import { openLedger } from '../stores/ledger';
import { openMail } from '../stores/mail';
import { openPayments } from '../stores/payments';
import { openPostgres } from '../stores/postgres';
import { openReports, type ReportLimits } from '../stores/reports';
import { openRollups } from '../stores/rollups';
import { openSchemaRegistry } from '../stores/schema-registry';
import { Hours } from '../stores/temporal';
import { openCurateEngines } from './curate-engines';
import { openLakeEngine } from './lake-engine';
import { openNightlyEngine } from './nightly-engine';

export interface OpenParts extends ActivityParts {
  readonly configuration: Configuration;
  /** questions to the lake, for whoever reports */
  readonly lakeQueries: LakeQueries;
  close(): Promise<void>;
}

/** Of daily reports: few at a time, and nobody waits for them at a page. */
const REPORTS: ReportLimits = { connections: 2, statementMs: 60_000 };

export function openParts(configuration: Configuration, client: Client, log: Logger): OpenParts {
  // First: what is configured wrongly is told before anything is opened.
  const recipients = new ReportRecipients(configuration);
  const workDir = configuration.SLUICE_WORK_DIR ?? join(tmpdir(), 'sluice');
  const loader = openPostgres(configuration, 'loader');
  const reader = openPostgres(configuration, 'reader');
  const reports = openReports(configuration, REPORTS);
  const lake = openLake(configuration);
  const catalog = openCatalog(configuration);
  const athena = openAthena(configuration);
  const duckdb = { memoryLimit: configuration.SLUICE_DUCKDB_MEMORY, threads: configuration.SLUICE_DUCKDB_THREADS, workDir };
  const engine = createDuckdbEngine(duckdb);
  const elsewhere = openLakeEngine(configuration, lake);
  const nightly = openNightlyEngine(configuration, lake, workDir);
  return {
    configuration,
    workDir,
    lake,
    catalog,
    ledger: openLedger(loader),
    payments: openPayments(loader, reader),
    comparison: openPaymentsComparison(reader),
    rollups: openRollups(loader, reader),
    topic: openTopic(configuration, openSchemaRegistry(configuration), (level, message, fields) => log[level](fields, message)),
    engine,
    curateEngine: openCurateEngines(configuration, engine, elsewhere?.engine ?? null, workDir),
    nightly: nightly?.engine ?? null,
    lakeQueries: createLakeQueries({ lake, athena, lakeReader: createLakeReader(duckdb), workDir, configuration }),
    reports,
    recipients,
    mail: openMail(configuration),
    hours: new Hours(client, configuration.SLUICE_TASK_QUEUE),
    async close() {
      lake.close();
      catalog.close();
      athena.close();
      elsewhere?.close();
      nightly?.close();
      await Promise.all([loader.close(), reader.close(), reports.close()]);
    },
  };
}
