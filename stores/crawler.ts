/**
 * The conversation with a Glue crawler: start it or attach to one that is at work, wait for its end, and look at what it made.
 * A crawler that guessed wrong makes a table for each folder, and everybody's queries read the wrong one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GetCrawlerCommand, GetPartitionCommand, StartCrawlerCommand, StopCrawlerCommand, type Crawler, type GlueClient } from '@aws-sdk/client-glue';
import { SluiceError } from '../contract/errors';
import { RAW_PREFIX, rawPrefix } from '../contract/lake-layout';
import type { LandingHour } from '../contract/landing-hour';
import { isCancel } from './cancellation';
import type { Catalog } from './catalog';
import { catalogError } from './catalog-errors';
import { RAW_TABLE } from './catalog-tables';

export interface CrawlWatch {
  readonly signal: AbortSignal;
  readonly progress: (step: string) => void;
  readonly pollMs?: number;
}

/** Answers when a crawl that this call started or found at work has succeeded. */
export async function runCrawler(glue: GlueClient, name: string, { signal, progress, pollMs = 5_000 }: CrawlWatch): Promise<{ readonly attached: boolean }> {
  const before = await crawlerOf(glue, name);
  const attached = !(await start(glue, name));
  progress(attached ? `attached to crawler ${name}` : `started crawler ${name}`);
  try {
    for (;;) {
      await sleep(pollMs, undefined, { signal });
      const crawler = await crawlerAtWork(glue, name);
      progress(`crawler ${name} is ${crawler.State ?? 'READY'}`);
      // Just started it may still be READY; the crawl that counts is one that ended after the one we knew.
      const ended = crawler.State === 'READY' && (attached || crawler.LastCrawl?.StartTime?.getTime() !== before.LastCrawl?.StartTime?.getTime());
      if (!ended) continue;
      const { Status: status, ErrorMessage: message, LogGroup: group, LogStream: stream } = crawler.LastCrawl ?? {};
      if (status === 'SUCCEEDED') return { attached };
      throw new SluiceError({
        kind: status === 'CANCELLED' ? 'transient' : 'data',
        what: `the crawl ${status === 'CANCELLED' ? 'was stopped' : 'failed'}: ${message ?? 'Glue gives no reason'}`,
        on: `crawler ${name}`,
        fix: `Its log is ${group ?? '/aws-glue/crawlers'}/${stream ?? name}; SLUICE_CRAWL=catalogue does without a crawler`,
        fields: { crawler: name, status },
      });
    }
  } catch (error) {
    // Only what we started, and only where somebody cancelled: after a worker's shutdown the retry attaches to it.
    if (signal.aborted && !attached && isCancel(signal.reason)) await stop(glue, name);
    throw error;
  }
}

/** One table over the raw objects, and that is ours; any other one there is a wrong guess of the crawler's. */
export async function refuseStrayTables(catalog: Catalog): Promise<void> {
  const root = `s3://${catalog.bucket}/raw/payments`;
  const stray: string[] = [];
  for (const table of await catalog.tables()) {
    const location = table.StorageDescriptor?.Location ?? '';
    if (table.Name !== RAW_TABLE && (location === root || location.startsWith(`${root}/`))) stray.push(table.Name!);
  }
  if (stray.length === 0) return;
  throw new SluiceError({
    kind: 'configuration',
    what: `the crawler made ${stray.length === 1 ? 'a table' : `${stray.length} tables`} of its own over the raw payments: ${stray.slice(0, 5).join(', ')}`,
    on: catalog.database,
    fix: `Drop ${stray.length === 1 ? 'it' : 'them'} and give the crawler the catalogue table ${RAW_TABLE} as its only target`,
    fields: { stray: stray.slice(0, 50) },
  });
}

/**
 * A crawl that found nothing new succeeds all the same. Where the table still projects its partitions every hour is there; where a crawler
 * wrote over that, the hour must be one of the partitions that it made.
 */
export async function refuseUnknownHour(catalog: Catalog, hour: LandingHour): Promise<void> {
  const table = await catalog.table(RAW_TABLE);
  if (table?.Parameters?.['projection.enabled'] === 'true') return;
  const path = rawPrefix(hour).slice(RAW_PREFIX.length + 'dt='.length, -1);
  const keys = (table?.PartitionKeys ?? []).map(({ Name }) => Name!);
  const values = keys.length === 1 ? [path] : path.split('/');
  if (keys.length === values.length && await hasPartition(catalog, values)) return;
  throw new SluiceError({
    kind: 'configuration',
    what: `the crawl succeeded and found nothing new: the table has no partition of the hour (its partition keys are ${keys.join(', ') || 'none'})`,
    on: `${catalog.database}.${RAW_TABLE}, ${hour}`,
    fix: `Give the crawler the catalogue table ${RAW_TABLE} as its only target, without exclusions; drop the table if a crawler wrote over it, and Sluice makes it again`,
    fields: { keys, path },
  });
}

async function hasPartition(catalog: Catalog, values: string[]): Promise<boolean> {
  try {
    await catalog.glue.send(new GetPartitionCommand({ DatabaseName: catalog.database, TableName: RAW_TABLE, PartitionValues: values }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'EntityNotFoundException') return false;
    throw catalogError('cannot read the partition', `${catalog.database}.${RAW_TABLE} ${values.join('/')}`, error);
  }
}

/** False: it was at work already. */
async function start(glue: GlueClient, name: string): Promise<boolean> {
  try {
    await glue.send(new StartCrawlerCommand({ Name: name }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'CrawlerRunningException') return false;
    throw crawlerError('cannot start the crawler', name, error);
  }
}

async function stop(glue: GlueClient, name: string): Promise<void> {
  try {
    await glue.send(new StopCrawlerCommand({ Name: name }));
  } catch (error) {
    if (!['CrawlerNotRunningException', 'CrawlerStoppingException'].includes((error as Error).name)) {
      throw crawlerError('cannot stop the crawler', name, error);
    }
  }
}

async function crawlerOf(glue: GlueClient, name: string): Promise<Crawler> {
  try {
    return (await glue.send(new GetCrawlerCommand({ Name: name }))).Crawler ?? {};
  } catch (error) {
    throw crawlerError('cannot read the crawler', name, error);
  }
}

/** Once it has been seen it can only have been deleted. */
async function crawlerAtWork(glue: GlueClient, name: string): Promise<Crawler> {
  try {
    return await crawlerOf(glue, name);
  } catch (error) {
    if (!(error instanceof SluiceError) || (error.cause as Error | undefined)?.name !== 'EntityNotFoundException') throw error;
    throw new SluiceError({
      kind: 'configuration', what: 'somebody deleted the crawler while it was at work', on: `crawler ${name}`, fix: 'Create it anew, or set SLUICE_CRAWL=catalogue', cause: error,
    });
  }
}

function crawlerError(what: string, name: string, error: unknown): SluiceError {
  if ((error as Error).name === 'EntityNotFoundException') {
    return new SluiceError({
      kind: 'configuration', what: 'there is no such crawler', on: name, fix: 'Create it, set SLUICE_GLUE_CRAWLER, or set SLUICE_CRAWL=catalogue', cause: error,
    });
  }
  return catalogError(what, `crawler ${name}`, error);
}
