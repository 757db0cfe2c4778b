/** The demo's hours: landed once, asked for at each start. Without `--fresh` the same hours are proven again and nothing changes. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import type { Configuration } from '../contract/configuration';
import { hoursAfter, landingHourOf, parseLandingHour, type LandingHour } from '../contract/landing-hour';
import { rawPrefix } from '../contract/lake-layout';
import type { RunAnswer } from '../contract/run';
import { openLake } from '../stores/lake';
import { Hours } from '../stores/temporal';
import { generateLines } from './generate/lines';
import { table, type Terminal } from './terminal';

const HOURS = 3;
const LINES_AN_HOUR = 20_000;
const OBJECTS_AN_HOUR = 4;

export interface DemoHour {
  readonly landingHour: LandingHour;
  readonly answer: RunAnswer;
  readonly seconds: number;
}

/** The last whole hours before the first start; written down, so that a restart finds its own. */
export async function landDemoHours(configuration: Configuration, stateDir: string, terminal: Terminal): Promise<readonly LandingHour[]> {
  const file = join(stateDir, 'demo.json');
  const known = await readFile(file, 'utf8').catch(() => null);
  if (known !== null) return (JSON.parse(known) as string[]).map(parseLandingHour);
  const now = landingHourOf(new Date());
  const hours = Array.from({ length: HOURS }, (_, i) => hoursAfter(now, i - HOURS));
  const lake = openLake(configuration);
  try {
    for (const [i, landingHour] of hours.entries()) {
      const { lines, objects } = demoObjects(landingHour, i);
      for (const { name, bytes } of objects) await lake.put(`${rawPrefix(landingHour)}${name}`, bytes);
      terminal.say(`landed ${lines} lines in ${landingHour}`);
    }
  } finally {
    lake.close();
  }
  await writeFile(`${file}.new`, JSON.stringify(hours));
  await rename(`${file}.new`, file);
  return hours;
}

/** Of the demo's first, second and third hour. */
export function demoObjects(landingHour: LandingHour, i: number): { readonly lines: number; readonly objects: readonly { readonly name: string; readonly bytes: Buffer }[] } {
  const lines = linesOf(Buffer.concat([...generateLines({ landingHour, lines: LINES_AN_HOUR, merchants: 40, seed: i + 1, bad: 0.01, duplicates: 0.02, late: 0.03 })]));
  const objects = Array.from({ length: OBJECTS_AN_HOUR }, (_, part) => {
    const body = Buffer.concat(lines.filter((_line, at) => at % OBJECTS_AN_HOUR === part));
    // Producers differ; two of the four compress.
    return part % 2 === 0 ? { name: `part-${part}.json`, bytes: body } : { name: `part-${part}.json.gz`, bytes: gzipSync(body) };
  });
  return { lines: lines.length, objects };
}

function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    const next = end === -1 ? bytes.length : end + 1;
    lines.push(bytes.subarray(at, next));
    at = next;
  }
  return lines;
}

/** One hour after the other, so that the seconds are each hour's own. */
export async function runHours(client: Client, configuration: Configuration, hours: readonly LandingHour[], terminal: Terminal): Promise<readonly DemoHour[]> {
  const asking = new Hours(client, configuration.SLUICE_TASK_QUEUE);
  const done: DemoHour[] = [];
  for (const landingHour of hours) {
    const started = Date.now();
    terminal.progress(`running ${landingHour} …`);
    const answer = await asking.request(landingHour, { requestId: randomUUID(), kind: 'demo', by: 'sluice up', waitFor: 'done' });
    done.push({ landingHour, answer, seconds: (Date.now() - started) / 1000 });
    terminal.say(`${landingHour}: ${answer.state}${answer.unchanged ? ' (nothing has changed)' : ''}`);
  }
  return done;
}

export function hoursTable(hours: readonly DemoHour[]): string {
  const columns = ['lines', 'curated', 'dead', 'duplicates', 'published', 'loaded', 'seconds'];
  return table(
    [{ title: 'hour' }, ...columns.map((title) => ({ title, right: true })), { title: 'proven' }],
    hours.map(({ landingHour, answer, seconds }) => {
      const terms = answer.proof?.terms;
      const cells = terms === undefined ? columns.slice(0, -1).map(() => '–') : [
        terms.lines, terms.curated, terms.deadLettered, terms.duplicates, terms.published,
        terms.won + terms.updated + terms.stale + terms.alreadyThere,
      ].map((count) => count.toLocaleString('en-US'));
      return [landingHour, ...cells, seconds.toFixed(1), answer.state === 'proven' ? '✓ proven' : `✗ ${answer.state}: ${answer.message}`];
    }),
  );
}
