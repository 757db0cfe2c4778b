/**
 * Every setting of Sluice, read once at start from the environment. An unknown or broken one is an error that names it:
 * a misspelt setting that is silently ignored is how a pipeline ends up writing to the wrong lake.
 */
import { z } from 'zod';
import { DEADLINE_AT_MOST_HOURS } from './daily-report';
import { SluiceError } from './errors';
import { readAmounts } from './repair';
import { readRecipients, type Channel } from './report-recipients';

const port = z.coerce.number().int().min(1).max(65535);
const count = z.coerce.number().int().min(1);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const amounts = z.string().transform((text, context) => {
  const read = readAmounts(text);
  if (read === null) context.addIssue('write minor units by currency, each once, like EUR=500000,*=100000');
  return read ?? {};
});
/** Stays text: it is taken out of logs as it was written. */
const recipients = (channel: Channel, problem: string) => z.string().refine((text) => readRecipients(channel, text) !== null, problem);
const memorySize = z.string().regex(/^[0-9]+(MB|GB|MiB|GiB)$/, 'write a size like 1GB');

interface Setting {
  readonly schema: z.ZodType;
  readonly fallback?: string;
  readonly about: string;
  readonly secret?: true;
}

/** The table that README's configuration section is made from. */
export const SETTINGS = {
  SLUICE_TASK_QUEUE: { schema: z.string().min(1), fallback: 'sluice', about: 'Temporal task queue of the hour’s workflows and activities' },
  SLUICE_CODEC_KEY: { schema: z.base64().refine((text) => Buffer.from(text, 'base64').length === 32, 'write 32 bytes in base64').optional(), about: 'AES-256-GCM key (32 bytes, base64) for payloads; absent: payloads are plain', secret: true },
  SLUICE_CODEC_KEY_ID: { schema: z.string().min(1), fallback: 'default', about: 'name of the codec key, kept beside each payload' },
  SLUICE_CODEC_OLD_KEYS: { schema: z.string().optional(), about: 'former codec keys, `id=base64,…`: decode only, so that a key can be rotated', secret: true },
  SLUICE_LAKE_BUCKET: { schema: z.string().min(3), fallback: 'wallet-lake', about: 'bucket of the lake' },
  SLUICE_S3_ENDPOINT: { schema: z.url().optional(), about: 'S3 endpoint; absent: AWS' },
  SLUICE_AWS_ENDPOINT: { schema: z.url().optional(), about: 'endpoint of Glue, Athena and Secrets Manager; absent: AWS' },
  SLUICE_AWS_REGION: { schema: z.string().min(1), fallback: 'eu-central-1', about: 'AWS region' },
  SLUICE_KMS_KEY_ID: { schema: z.string().optional(), about: 'SSE-KMS key for every object written' },
  SLUICE_GLUE_DATABASE: { schema: z.string().regex(/^[a-z0-9_]+$/), fallback: 'wallet_db', about: 'Glue database' },
  SLUICE_GLUE_REGISTRY: { schema: z.string().min(1), fallback: 'sluice', about: 'Glue schema registry' },
  SLUICE_CRAWL: { schema: z.enum(['catalogue', 'crawler']), fallback: 'catalogue', about: 'how the catalogue learns of an hour' },
  SLUICE_GLUE_CRAWLER: { schema: z.string().min(1), fallback: 'sluice-raw-payments', about: 'name of the crawler when SLUICE_CRAWL=crawler' },
  SLUICE_ATHENA_WORKGROUP: { schema: z.string().min(1), fallback: 'sluice', about: 'Athena workgroup of the questions to the lake; it must have a cut-off of bytes per query' },
  SLUICE_ATHENA_OUTPUT: { schema: z.string().regex(/^s3:\/\/[^/]+\/./, 'write s3://bucket/prefix/').optional(), about: 'where Athena writes results, `s3://bucket/prefix/`; absent: as the workgroup says' },
  SLUICE_ATHENA_SCAN_BYTES: { schema: z.coerce.number().int().min(10_000_000), fallback: '100000000000', about: 'most bytes that a query may scan; a workgroup whose cut-off allows more is refused' },
  SLUICE_LAKE_QUERIES: { schema: z.enum(['embedded', 'athena']), fallback: 'embedded', about: 'who answers questions to the lake: DuckDB over downloaded files, or Athena' },
  SLUICE_LAKE_DOWNLOAD_BYTES: { schema: z.coerce.number().int().min(1), fallback: '20000000000', about: 'most bytes that an embedded question may download' },
  SLUICE_KAFKA_BROKERS: { schema: z.string().min(1).transform((text) => text.split(',').map((broker) => broker.trim())), about: 'Kafka bootstrap servers, host:port,…' },
  SLUICE_KAFKA_TOPIC: { schema: z.string().regex(/^[A-Za-z0-9._-]+$/), fallback: 'payments.curated', about: 'topic of the curated payments' },
  SLUICE_KAFKA_PARTITIONS: { schema: count, fallback: '6', about: 'partitions of the topic when it is created' },
  SLUICE_KAFKA_REPLICATION: { schema: count, fallback: '3', about: 'replication of the topic when it is created' },
  SLUICE_KAFKA_MIN_INSYNC: { schema: count, fallback: '2', about: 'min.insync.replicas of the topic when it is created' },
  SLUICE_KAFKA_RETENTION_HOURS: { schema: count, fallback: '168', about: 'retention of the topic; the schedule `retention` holds the topic to it' },
  SLUICE_KAFKA_TLS: { schema: flag, fallback: 'false', about: 'TLS to Kafka' },
  SLUICE_KAFKA_CA_FILE: { schema: z.string().optional(), about: 'PEM file of the authorities that may have signed the brokers’ certificates; absent: the public ones' },
  SLUICE_KAFKA_SASL: { schema: z.enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512']), fallback: 'none', about: 'SASL mechanism' },
  SLUICE_KAFKA_USERNAME: { schema: z.string().optional(), about: 'SASL user' },
  SLUICE_KAFKA_PASSWORD: { schema: z.string().optional(), about: 'SASL password', secret: true },
  SLUICE_KAFKA_TRANSACTION_SECONDS: { schema: count, fallback: '600', about: 'transaction timeout; the broker allows 900 s unless told otherwise' },
  SLUICE_KAFKA_TRANSACTION_RECORDS: { schema: count, fallback: '20000000', about: 'most records in one transaction; a larger run is refused' },
  SLUICE_FORMAT: { schema: z.enum(['avro', 'json']), fallback: 'avro', about: 'format of the published records' },
  SLUICE_POSTGRES_OWNER_URL: { schema: z.string().startsWith('postgres'), about: 'owner role: migrations', secret: true },
  SLUICE_POSTGRES_LOADER_URL: { schema: z.string().startsWith('postgres'), about: 'loader role: ledger and rows', secret: true },
  SLUICE_POSTGRES_READER_URL: { schema: z.string().startsWith('postgres'), about: 'reader role: proofs and reports', secret: true },
  SLUICE_ENGINE: { schema: z.enum(['duckdb', 'spark-local', 'glue', 'emr-serverless', 'auto']), fallback: 'duckdb', about: 'where the transform runs; `auto` decides for each run by its bytes' },
  SLUICE_ENGINE_SPARK: { schema: z.enum(['spark-local', 'glue', 'emr-serverless']), fallback: 'spark-local', about: 'the Spark that `auto` takes' },
  SLUICE_ENGINE_SPARK_ABOVE_BYTES: { schema: z.coerce.number().int().min(0), fallback: '10000000000', about: 'bytes of an hour’s objects as they landed, above which `auto` takes Spark' },
  SLUICE_NIGHTLY_ENGINE: { schema: z.enum(['duckdb', 'spark-local', 'emr-serverless']), fallback: 'duckdb', about: 'where reconcile’s scans of the lake and compaction’s merging run' },
  SLUICE_GLUE_JOB: { schema: z.string().min(1).optional(), about: 'name of the Glue job that curates for `glue`' },
  SLUICE_EMR_APPLICATION_ID: { schema: z.string().regex(/^[0-9a-z]{1,64}$/, 'write the id of the application, like 00f1abcdef').optional(), about: 'EMR Serverless application of the runs of `emr-serverless`' },
  SLUICE_EMR_ROLE_ARN: { schema: z.string().regex(/^arn:aws[a-z-]*:iam::[0-9]{12}:role\/.+$/, 'write the ARN of a role').optional(), about: 'role of the runs that curate there' },
  SLUICE_NIGHTLY_EMR_ROLE_ARN: { schema: z.string().regex(/^arn:aws[a-z-]*:iam::[0-9]{12}:role\/.+$/, 'write the ARN of a role').optional(), about: 'role of the runs of `SLUICE_NIGHTLY_ENGINE=emr-serverless`, which need other rights than those that curate' },
  SLUICE_EMR_SPARK_PARAMETERS: { schema: z.string().min(1).optional(), about: 'what spark-submit is given on EMR Serverless, like `--conf spark.executor.cores=4`' },
  SLUICE_REMOTE_TIMEOUT_MINUTES: { schema: z.coerce.number().int().min(5).max(170), fallback: '150', about: 'minutes after which Glue or EMR Serverless ends a run by itself; curate has 180' },
  SLUICE_REMOTE_POLL_SECONDS: { schema: z.coerce.number().positive(), fallback: '5', about: 'seconds between two looks at a run on Glue or EMR Serverless' },
  SLUICE_DUCKDB_MEMORY: { schema: memorySize, fallback: '1GB', about: 'memory limit of DuckDB in its child process' },
  SLUICE_DUCKDB_THREADS: { schema: count, fallback: '2', about: 'threads of DuckDB' },
  SLUICE_SPARK_PYTHON: { schema: z.string().min(1).optional(), about: '`python` of an environment with pyspark 3.5 and zstandard, for `spark-local`; absent: `worker` and `curate` set up their own' },
  SLUICE_SPARK_MEMORY: { schema: memorySize, fallback: '1GB', about: 'heap of the Java process of `spark-local`' },
  SLUICE_SPARK_THREADS: { schema: count, fallback: '2', about: 'threads of `spark-local`; each has a Python process of its own' },
  SLUICE_WORK_DIR: { schema: z.string().optional(), about: 'folder for files in work; absent: the system’s temporary folder' },
  SLUICE_DEADLINE_MINUTES: { schema: z.coerce.number().int().min(0), fallback: '30', about: 'minutes after its end by which an hour must have an object, or it is missing' },
  SLUICE_CONTROL_TOTALS: { schema: z.enum(['optional', 'required']), fallback: 'optional', about: 'whether every hour must come with the producer’s control totals (`_control.json`)' },
  SLUICE_REVISION_GRACE_MINUTES: { schema: z.coerce.number().int().min(0), fallback: '60', about: 'minutes for which the files of a replaced revision stay, longer than the longest query' },
  SLUICE_RETENTION_RAW_DAYS: { schema: count.optional(), about: 'days for which raw objects of proven hours stay; absent: for ever' },
  SLUICE_RETENTION_STAGING_DAYS: { schema: count, fallback: '7', about: 'days for which staging of given-up attempts stays' },
  SLUICE_RETENTION_REVISIONS_DAYS: { schema: count, fallback: '30', about: 'days for which dead letters and summaries of replaced revisions stay' },
  SLUICE_DEAD_LETTER_SAMPLES: { schema: count, fallback: '20', about: 'dead letters kept in the ledger for each reason of a revision' },
  SLUICE_ACTIVITY_SLOTS: { schema: count, fallback: '4', about: 'activities a worker runs at once' },
  SLUICE_BACKFILL_SLOTS: { schema: count, fallback: '2', about: 'activities of backfills that a worker runs at once, beside the others' },
  SLUICE_SHUTDOWN_GRACE_SECONDS: { schema: count, fallback: '20', about: 'seconds in which a stopping worker lets activities end' },
  SLUICE_METRICS_PORT: { schema: z.coerce.number().int().min(0).max(65535), fallback: '9464', about: 'Prometheus port of the worker; 0: any free one' },
  SLUICE_CODEC_SERVER_PORT: { schema: port, fallback: '8081', about: 'port of the codec server' },
  SLUICE_CODEC_SERVER_TOKEN: { schema: z.string().min(16).optional(), about: 'bearer token of the codec server', secret: true },
  SLUICE_API_HOST: { schema: z.string().min(1), fallback: '127.0.0.1', about: 'address that the API listens on; put TLS in front before it is more than this machine' },
  SLUICE_API_PORT: { schema: z.coerce.number().int().min(0).max(65535), fallback: '8080', about: 'port of the API; 0: any free one' },
  SLUICE_API_CONNECTIONS: { schema: count, fallback: '10', about: 'connections to Postgres that the API reads by' },
  SLUICE_API_STATEMENT_SECONDS: { schema: z.coerce.number().positive(), fallback: '10', about: 'seconds after which a question of the API is given up' },
  SLUICE_API_REQUESTS_A_MINUTE: { schema: count, fallback: '600', about: 'requests that each key of the API may make in a minute' },
  SLUICE_EXPORT_ROWS: { schema: count, fallback: '100000', about: 'payments above which an export of the API becomes an object of the lake with a signed link, in place of a stream' },
  SLUICE_EXPORT_HOURS: { schema: count, fallback: '24', about: 'hours for which such an object, and an answer from the lake, can be had' },
  SLUICE_TEMPORAL_UI: { schema: z.url().optional(), about: 'address of the Temporal UI, for the pages’ links to runs; absent: runs are named only' },
  SLUICE_LOG_LEVEL: { schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']), fallback: 'info', about: 'log level' },
  SLUICE_RECONCILE_REPAIR: { schema: z.enum(['auto', 'ask', 'off']), fallback: 'auto', about: 'what the nightly reconciliation may repair: up to the cap by itself, only what is approved, nothing' },
  SLUICE_REPAIR_MAX_ROWS_SHARE: { schema: z.coerce.number().min(0).max(1), fallback: '0.001', about: 'share of the rows in scope above which a repair waits for approval' },
  SLUICE_REPAIR_MAX_AMOUNT: { schema: amounts.optional(), about: 'minor units by currency above which a repair waits for approval, like `EUR=500000,*=100000`; absent: only rows count' },
  SLUICE_REPAIR_APPROVAL_HOURS: { schema: z.coerce.number().positive(), fallback: '24', about: 'hours for which a repair waits for approval; after that nothing is touched' },
  SLUICE_ERASURE_KEY: { schema: z.base64().refine((text) => Buffer.from(text, 'base64').length === 32, 'write 32 bytes in base64').optional(), about: 'key (32 bytes, base64) of the hashes under which erased persons are remembered; absent: nobody can be erased', secret: true },
  SLUICE_ERASURE_SECRET: { schema: z.string().regex(/^[^#]+(#[^#]+)?$/, 'write <name or ARN> or <name or ARN>#<key of its JSON>').optional(), about: 'secret of AWS Secrets Manager that holds the same key, by name or ARN, `…#key` of its JSON: curate on Glue and EMR Serverless reads it there; absent: they refuse hours while anybody is erased' },
  SLUICE_BACKUP_RETENTION_DAYS: { schema: count, fallback: '35', about: 'days after which the last backup of Postgres and of the lake is gone; for an erasure’s receipt' },
  SLUICE_REPORT_WEBHOOKS: { schema: recipients('webhook', 'write addresses with spaces between, a merchant’s own as merchant=https://…').optional(), about: 'URLs that get each day’s report, with spaces between; `merchant=https://…`: that merchant’s only', secret: true },
  SLUICE_REPORT_WEBHOOK_SECRET: { schema: z.base64().refine((text) => Buffer.from(text, 'base64').length === 32, 'write 32 bytes in base64').optional(), about: 'secret (32 bytes, base64) from which each report webhook’s signing key is made', secret: true },
  SLUICE_REPORT_MAIL_TO: { schema: recipients('mail', 'write addresses with spaces between, a merchant’s own as merchant=name@example.com').optional(), about: 'e-mail addresses that get each day’s report, with spaces between; `merchant=name@example.com`: that merchant’s only' },
  SLUICE_REPORT_MAIL_FROM: { schema: z.email().optional(), about: 'e-mail address that reports come from' },
  SLUICE_REPORT_SMTP_URL: { schema: z.url({ protocol: /^smtps?$/ }).optional(), about: 'SMTP server of the reports, `smtps://user:password@host:465`; `smtp://` takes STARTTLS where it is offered', secret: true },
  SLUICE_REPORT_DEADLINE_HOURS: { schema: z.coerce.number().min(0).max(DEADLINE_AT_MOST_HOURS), fallback: '12', about: 'hours for which a day’s report waits for the proofs of its hours; then it fails and nothing is sent' },
  SLUICE_REPORT_LOOK_BACK_DAYS: { schema: z.coerce.number().int().min(1).max(60), fallback: '7', about: 'days, each morning, whose reports are made or looked at again: changed numbers are restated' },
  SLUICE_ALARM_WEBHOOK: { schema: z.url().optional(), about: 'URL told of broken and missing hours, of days that do not agree and of reports that could not go out', secret: true },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type Configuration = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };

/** Names that begin with SLUICE_ and are read elsewhere: by the local stack, before there is a configuration. */
const STACK_SETTINGS = /^SLUICE_(PORT_[A-Z_]+|PORT_OFFSET|CACHE_DIR|STATE_DIR|POSTGRES_HOME|FAULTS|FAULTS_FILE)$/;

export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const problems: string[] = [];
  for (const name of Object.keys(environment)) {
    if (name.startsWith('SLUICE_') && !(name in SETTINGS) && !STACK_SETTINGS.test(name)) {
      problems.push(`${name} is not a setting; did you mean ${nearest(name)}?`);
    }
  }
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting][]) {
    const given = environment[name];
    const text = given === undefined || given === '' ? setting.fallback : given;
    const parsed = setting.schema.safeParse(text);
    if (parsed.success) {
      values[name] = parsed.data;
    } else if (text === undefined) {
      problems.push(`${name} is missing: ${setting.about}`);
    } else {
      // The value of a secret must not end up in a log.
      const shown = setting.secret === true ? 'its value' : JSON.stringify(text);
      problems.push(`${name}: ${shown} is not valid (${parsed.error.issues[0]?.message ?? 'see the README'}): ${setting.about}`);
    }
  }
  if (problems.length > 0) {
    throw new SluiceError({
      kind: 'configuration',
      what: problems.join('\n'),
      fix: 'Set it in the environment; `npx sluice up` sets all of them for the local stack',
      fields: { problems },
    });
  }
  return values as Configuration;
}

function nearest(name: string): string {
  const names = Object.keys(SETTINGS);
  return names.reduce((best, next) => (distance(name, next) < distance(name, best) ? next : best));
}

/** Edit distance; names are short. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    previous = current;
  }
  return previous[b.length]!;
}
