/** Trino over the test run's own stack: its catalogue is moto's Glue, its files are the gateway's. The settings are those by which it does as Athena does. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '../../contract/configuration';
import { lakeTypeOf, readRow, type LakeColumn, type LakeRow } from '../../contract/lake-answer';
import type { Trino } from '../../scripts/setup/trino';
import { lastLines, launch, stopProcess } from '../../scripts/stack/processes';

const START_SECONDS = 180;

export interface TrinoAnswer {
  readonly columns: readonly LakeColumn[];
  readonly rows: readonly LakeRow[];
}

export interface RunningTrino {
  run(sql: string): Promise<TrinoAnswer>;
  stop(): Promise<void>;
}

interface Page {
  readonly nextUri?: string;
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
  readonly data?: readonly (readonly (string | number | boolean | null)[])[];
  readonly error?: { readonly message: string; readonly errorName: string };
}

export async function startTrino(trino: Trino, configuration: Configuration, folder: string): Promise<RunningTrino> {
  const port = await freePort();
  const etc = join(folder, 'etc');
  mkdirSync(join(etc, 'catalog'), { recursive: true });
  const write = (name: string, settings: Readonly<Record<string, string | number | boolean>>): void =>
    writeFileSync(join(etc, name), Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).join(''));
  const [key, secret] = [process.env.AWS_ACCESS_KEY_ID!, process.env.AWS_SECRET_ACCESS_KEY!];
  write('config.properties', {
    'node.environment': 'parity', 'node.bind-ip': '127.0.0.1', 'node.internal-address': '127.0.0.1',
    coordinator: true, 'node-scheduler.include-coordinator': true, 'http-server.http.port': port, 'discovery.uri': `http://127.0.0.1:${port}`,
    'query.max-memory': '1GB', 'query.max-memory-per-node': '1GB', 'memory.heap-headroom-per-node': '300MB',
  });
  // The name under which Athena knows the Glue catalogue: it stands in the views.
  write('catalog/awsdatacatalog.properties', {
    'connector.name': 'hive', 'hive.metastore': 'glue', 'hive.metastore.glue.region': configuration.SLUICE_AWS_REGION, 'hive.metastore.glue.endpoint-url': configuration.SLUICE_AWS_ENDPOINT!,
    'hive.metastore.glue.aws-access-key': key, 'hive.metastore.glue.aws-secret-key': secret,
    'hive.partition-projection-enabled': true, 'hive.recursive-directories': true, 'hive.timestamp-precision': 'MILLISECONDS',
    'fs.native-s3.enabled': true, 's3.endpoint': configuration.SLUICE_S3_ENDPOINT!, 's3.region': configuration.SLUICE_AWS_REGION, 's3.path-style-access': true,
    's3.aws-access-key': key, 's3.aws-secret-key': secret,
  });
  const log = join(folder, 'trino.log');
  const { identity, ended } = launch({
    command: trino.java,
    args: ['-Xmx2G', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djdk.attach.allowAttachSelf=true', '-Dfile.encoding=UTF-8', '--sun-misc-unsafe-memory-access=allow',
      '--enable-native-access=ALL-UNNAMED', `-Dconfig=${join(etc, 'config.properties')}`, `-Dcatalog.config-dir=${join(etc, 'catalog')}`,
      `-Dplugin.dir=${join(trino.server, 'plugin')}`, '-cp', join(trino.server, 'lib', '*'), 'io.trino.server.TrinoServer'],
    cwd: folder, log,
  });
  const base = `http://127.0.0.1:${port}`;
  const stop = (): Promise<void> => stopProcess(identity, 'SIGTERM', 20_000);
  const dead = ended.then((how) => { throw new Error(`Trino ${how}:\n${lastLines(log, 40)}`); });
  dead.catch(() => undefined);
  const waiting = new AbortController();
  try {
    await Promise.race([dead, started(base, log, waiting.signal)]);
  } catch (error) {
    waiting.abort();
    await stop();
    throw error;
  }
  return { run: (sql) => Promise.race([dead, onceThereAreNodes(() => run(base, configuration.SLUICE_GLUE_DATABASE, sql))]), stop };
}

/** It says that it has started a moment before it has told itself that it can run queries. */
async function onceThereAreNodes<T>(ask: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + START_SECONDS * 1000; ; await sleep(500)) {
    try {
      return await ask();
    } catch (error) {
      if (!String(error).includes('NO_NODES_AVAILABLE') || Date.now() > deadline) throw error;
    }
  }
}

async function started(base: string, log: string, signal: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + START_SECONDS * 1000; Date.now() < deadline && !signal.aborted; await sleep(500)) {
    const info = await fetch(`${base}/v1/info`).then((answer) => answer.json() as Promise<{ readonly starting: boolean }>).catch(() => null);
    if (info?.starting === false) return;
  }
  throw new Error(`Trino did not start in ${START_SECONDS} s:\n${lastLines(log, 40)}`);
}

async function run(base: string, database: string, sql: string): Promise<TrinoAnswer> {
  const headers = {
    'x-trino-user': 'parity', 'x-trino-catalog': 'awsdatacatalog', 'x-trino-schema': database, 'x-trino-time-zone': 'UTC',
    // Without it every timestamp is answered to the millisecond, as clients of long ago want it.
    'x-trino-client-capabilities': 'PARAMETRIC_DATETIME',
  };
  let columns: readonly LakeColumn[] = [];
  const rows: LakeRow[] = [];
  let page = await read(await fetch(`${base}/v1/statement`, { method: 'POST', headers, body: sql }));
  for (;;) {
    if (page.error !== undefined) throw new Error(`Trino: ${page.error.errorName}: ${page.error.message}\n${sql}`);
    if (page.columns !== undefined) columns = page.columns.map(({ name, type }) => ({ name, type: lakeTypeOf(name, type) }));
    for (const row of page.data ?? []) rows.push(readRow(columns, row.map((value) => (value === null ? null : String(value)))));
    if (page.nextUri === undefined) return { columns, rows };
    page = await read(await fetch(page.nextUri));
  }
}

/** A bigint is a bare number in its JSON, and would lose its last digits in ours. */
async function read(answer: Response): Promise<Page> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Trino answered ${answer.status}: ${text.slice(0, 500)}`);
  const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return JSON.parse(text.replaceAll(token, (part) => (/^-?\d{16,}$/.test(part) ? `"${part}"` : part))) as Page;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
