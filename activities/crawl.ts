/**
 * crawl: makes the catalogue know the hour, by Glue calls or by a crawler, and reports where table, landed lines and contract
 * drift apart. Writes only what differs, so a second run writes nothing; killed while a crawler is at work, the next attempt
 * attaches to it. Drift is reported and stops nothing: what a line may be is for curate to say.
 */
import type { Configuration } from '../contract/configuration';
import type { CrawlResult, RevisionRef } from '../contract/stages';
import type { JobControl } from '../engines/engine';
import type { Catalog } from '../stores/catalog';
import { RAW_TABLE } from '../stores/catalog-tables';
import { refuseStrayTables, refuseUnknownHour, runCrawler } from '../stores/crawler';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { sortedOut } from './control-totals';
import { readManifest } from './landed-objects';
import { landedDrift } from './landed-fields';
import { recordedStage } from './recorded-stage';

export interface CrawlParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly catalog: Catalog;
  readonly configuration: Pick<Configuration, 'SLUICE_CRAWL' | 'SLUICE_GLUE_CRAWLER'>;
}

export function createCrawl({ lake, ledger, catalog, configuration }: CrawlParts) {
  return recordedStage('crawl', ledger, async (input: RevisionRef, control: JobControl): Promise<CrawlResult> => {
    const mode = configuration.SLUICE_CRAWL;
    const progress = (step: string): void => control.progress({ step });
    const manifest = await readManifest(lake, input.landingHour, input.revision);
    // Of objects that went by retention there is nothing to look at.
    const landed = manifest.rowsOf === undefined ? manifest.objects : [];
    progress('applying the catalogue');
    // Before the crawler, which needs its target table.
    const changes = await catalog.apply(mode === 'crawler' ? [RAW_TABLE] : []);
    const drift = [...changes.drift];
    if (mode === 'crawler') {
      await runCrawler(catalog.glue, configuration.SLUICE_GLUE_CRAWLER, { signal: control.signal, progress });
      await refuseStrayTables(catalog);
      drift.push(...await catalog.crawledDrift(RAW_TABLE));
      // An hour without an object has nothing that a crawler could find.
      if (landed.length > 0) await refuseUnknownHour(catalog, input.landingHour);
    }
    progress('looking at the landed fields');
    const ofFields = await landedDrift(lake, sortedOut(input.landingHour, landed).payments, control.signal);
    return { mode, created: changes.created, updated: changes.updated, drift: [...drift, ...ofFields] };
  });
}
