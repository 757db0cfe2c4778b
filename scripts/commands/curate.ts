/** `sluice curate`: the transform alone, on local files, with no service at all. */
import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { withWorkFolder } from '../../activities/work-folder';
import { SETTINGS, type SettingName } from '../../contract/configuration';
import { CONTROL_NAME } from '../../contract/control-totals';
import { SluiceError } from '../../contract/errors';
import type { LandingHour } from '../../contract/landing-hour';
import { createDuckdbEngine } from '../../engines/duckdb/engine';
import type { CurateOutcome, LocalEngine, LocalObject } from '../../engines/engine';
import { createSparkLocalEngine } from '../../engines/spark-local/engine';
import { LANDING_HOUR, landingHourOption } from '../options';
import { setUpSpark } from '../setup/spark';
import { EXIT, table, type Terminal } from '../terminal';

interface CurateOptions {
  readonly in: readonly string[];
  readonly landingHour: LandingHour;
  readonly out: string;
  readonly engine: LocalEngine['name'];
}

export function addCurateCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('curate')
    .description('run the transform alone, on local files; no service is needed')
    .requiredOption('--in <path...>', 'files of JSON lines (plain, gzip or zstd), or folders of them')
    .requiredOption(LANDING_HOUR, 'the hour in which the lines count as landed, UTC, like 2026-11-20T10', landingHourOption)
    .requiredOption('--out <dir>', 'receives curated/ and dead-letters/; must be empty or absent')
    .addOption(new Option('--engine <name>', 'where the transform runs').choices(['duckdb', 'spark-local']).default('duckdb'))
    .addHelpText('after', `
Dead letters are an answer, not a failure: the exit code is 0. It is 1 where an object could not be read to its end;
such an object is left out whole, named on stderr, and the others are curated.

DuckDB takes SLUICE_DUCKDB_MEMORY (1GB) and SLUICE_DUCKDB_THREADS (2). Spark takes SLUICE_SPARK_MEMORY (1GB) and SLUICE_SPARK_THREADS (2), and
needs Java 17; the first time, its Python environment is set up (320 MB), unless SLUICE_SPARK_PYTHON names one.`)
    .action(async (options: CurateOptions) => {
      const terminal = terminalOf();
      await refuseUsedFolder(options.out);
      const objects = (await Promise.all(options.in.map(objectsAt))).flat();
      const outcome = await curateFiles(options, objects, terminal);
      const { counts } = outcome;
      for (const key of counts.quarantined) terminal.say(`quarantined: ${key} cannot be read to its end; none of its lines was used`);
      terminal.result({
        lines: counts.lines, blank: counts.blank, dead: counts.dead, duplicates: counts.duplicates, curated: counts.curated,
        quarantined: counts.quarantined.length, quarantinedObjects: counts.quarantined,
        sumRowHash: counts.sums.sumRowHash, totals: counts.sums.totals, reasons: counts.reasons,
        unknownFields: counts.unknownFields, cards: counts.cards, files: outcome.files.length,
      }, () => rendered(outcome, options.out));
      if (counts.quarantined.length > 0) process.exitCode = EXIT.failed;
    });
}

async function curateFiles(options: CurateOptions, objects: readonly LocalObject[], terminal: Terminal): Promise<CurateOutcome> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(new SluiceError({ kind: 'transient', what: 'interrupted', on: options.out }));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await withWorkFolder(process.env.SLUICE_WORK_DIR ?? tmpdir(), async (workDir) => {
      const engine = await engineOf(options.engine, workDir, terminal);
      return engine.curate({
        landingHour: options.landingHour, revision: 1, attempt: 'local', processedAt: new Date().toISOString(), objects, outDir: options.out,
      }, {
        signal: abort.signal,
        progress: ({ step, lines }) => terminal.progress(`${step}${lines === undefined ? '' : `: ${lines.toLocaleString('en')} lines`}`),
      });
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function engineOf(name: LocalEngine['name'], workDir: string, terminal: Terminal): Promise<LocalEngine> {
  if (name === 'duckdb') {
    return createDuckdbEngine({ memoryLimit: settingOf('SLUICE_DUCKDB_MEMORY'), threads: Number(settingOf('SLUICE_DUCKDB_THREADS')), workDir });
  }
  return createSparkLocalEngine({
    python: process.env.SLUICE_SPARK_PYTHON ?? await setUpSpark(terminal),
    memoryLimit: settingOf('SLUICE_SPARK_MEMORY'), threads: Number(settingOf('SLUICE_SPARK_THREADS')), workDir,
  });
}

/** Alone: the others are of services, which are not needed here. */
function settingOf(name: Extract<SettingName, `SLUICE_${'DUCKDB' | 'SPARK'}_${'MEMORY' | 'THREADS'}`>): string {
  const { schema, fallback } = SETTINGS[name];
  return String(schema.parse(process.env[name] ?? fallback));
}

async function refuseUsedFolder(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new SluiceError({ kind: 'usage', what: 'not a folder that can be written', on: folder, fix: 'Name an empty or a new one', cause: error });
  });
  if (found.length > 0) throw new SluiceError({ kind: 'usage', what: 'the folder is not empty', on: folder, fix: 'Name an empty or a new one: old files would pass for new rows' });
}

/** A folder's files, the ones in folders below it too, in the order of their names; hidden files are left out. */
async function objectsAt(path: string): Promise<readonly LocalObject[]> {
  const found = await stat(path).catch(() => {
    throw new SluiceError({ kind: 'usage', what: 'no such file or folder', on: path });
  });
  if (!found.isDirectory()) return [localObject(path, path, found.mtimeMs)];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  // Node before 20.12 knows `parentPath` by its older name, which Node 24 has no more.
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join((entry.parentPath as string | undefined) ?? entry.path, entry.name))
    .filter((file) => basename(file) !== CONTROL_NAME && !relative(path, file).split('/').some((name) => name.startsWith('.'))).sort();
  return Promise.all(files.map(async (file) => localObject(file, file, (await stat(file)).mtimeMs)));
}

function localObject(key: string, path: string, mtimeMs: number): LocalObject {
  return { key, version: `mtime-${Math.floor(mtimeMs)}`, path };
}

function rendered({ counts, files }: CurateOutcome, out: string): string {
  const parts = [
    `${counts.lines} lines = ${counts.blank} blank + ${counts.dead} dead + ${counts.duplicates} duplicates + ${counts.curated} curated`,
    `${files.length} files in ${join(out, 'curated')}`,
  ];
  if (counts.cards > 0) parts.push(`${counts.cards} card numbers seen; they are masked in the dead letters`);
  const reasons = Object.entries(counts.reasons);
  if (reasons.length > 0) {
    parts.push('', table([{ title: 'refused for' }, { title: 'lines', right: true }], reasons.map(([reason, count]) => [reason, String(count)])));
  }
  if (counts.unknownFields.length > 0) {
    parts.push('', table([{ title: 'unknown field' }, { title: 'lines', right: true }, { title: 'first seen' }],
      counts.unknownFields.map(({ field, count, firstSeen }) => [field, String(count), firstSeen])));
  }
  parts.push('', table([{ title: 'currency' }, { title: 'status' }, { title: 'payments', right: true }, { title: 'cents', right: true }],
    counts.sums.totals.map((total) => [total.currency, total.status, String(total.count), total.amountCents])));
  return parts.join('\n');
}
