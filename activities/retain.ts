/**
 * retain: one page of what is past its time, of one kind. Of an hour that is neither proven nor empty nothing goes. Removing twice is
 * removing once; killed anywhere, the next attempt takes what is left. A dry run reads only.
 */
import type { Configuration } from '../contract/configuration';
import { API_PREFIX, deadLettersPrefix, NIGHTLY_PREFIX, revisionPrefix, STAGING_PREFIX, stagingOfHourPrefix } from '../contract/lake-layout';
import { isLandingHour, type LandingHour } from '../contract/landing-hour';
import type { RetainInput, RetainResult } from '../contract/retention';
import type { LandedObject } from '../contract/run';
import type { RevisionRef } from '../contract/stages';
import type { JobControl } from '../engines/engine';
import type { PaymentsTopic } from '../stores/kafka';
import { withHeartbeat } from './heartbeat';
import { retainRaw, type RetainRawParts } from './retain-raw';

const HOURS_OF_A_PAGE = 100;
const KEPT_NAMED = 20;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface RetainParts extends RetainRawParts {
  readonly topic: Pick<PaymentsTopic, 'holdRetention'>;
  readonly configuration: Pick<Configuration, 'SLUICE_EXPORT_HOURS' | 'SLUICE_RETENTION_RAW_DAYS' | 'SLUICE_RETENTION_STAGING_DAYS' | 'SLUICE_RETENTION_REVISIONS_DAYS'>;
}

const NOTHING: RetainResult = { hours: 0, objects: 0, bytes: 0, kept: [], changed: null, after: null };

export function createRetain(parts: RetainParts) {
  const { configuration, topic } = parts;
  return async function retain(input: RetainInput): Promise<RetainResult> {
    return withHeartbeat(async (control) => {
      switch (input.what) {
        case 'raw': {
          const days = configuration.SLUICE_RETENTION_RAW_DAYS;
          if (days === undefined) return NOTHING;
          const page = await retainRaw(parts, { ...input, days, limit: HOURS_OF_A_PAGE }, control);
          return { ...page, kept: page.kept.slice(0, KEPT_NAMED) };
        }
        case 'staging':
          return retainStaging(parts, input, control);
        case 'revisions':
          return retainRevisions(parts, input, control);
        case 'topic':
          return { ...NOTHING, changed: await topic.holdRetention(input.dryRun) };
        case 'api':
          return retainApi(parts, input);
      }
    });
  };
}

async function retainStaging({ lake, ledger, configuration }: RetainParts, { after, dryRun }: RetainInput, control: JobControl): Promise<RetainResult> {
  const before = new Date(Date.now() - configuration.SLUICE_RETENTION_STAGING_DAYS * DAY_MS).toISOString();
  const left = (await lake.folders(STAGING_PREFIX)).filter((name): name is LandingHour => isLandingHour(name) && (after === null || name > after));
  const page = left.slice(0, HOURS_OF_A_PAGE);
  let [hours, objects, bytes] = [0, 0, 0];
  if (after === null) {
    // No such work goes on for days; that of the last nights may be at work.
    const old = (await lake.list(NIGHTLY_PREFIX)).filter(({ lastModified }) => lastModified < before);
    if (!dryRun) await lake.remove(old.map(({ key }) => key));
    objects += old.length;
    bytes += bytesOf(old);
  }
  for (const landingHour of page) {
    control.signal.throwIfAborted();
    control.progress({ step: `staging of ${landingHour}` });
    const state = (await ledger.hour(landingHour))?.state;
    // Of any other hour an attempt may be under way, however old it is.
    if (state !== 'proven' && state !== 'empty') continue;
    const old = (await lake.list(stagingOfHourPrefix(landingHour))).filter(({ lastModified }) => lastModified < before);
    if (old.length === 0) continue;
    if (!dryRun) await lake.remove(old.map(({ key }) => key));
    hours += 1;
    objects += old.length;
    bytes += bytesOf(old);
  }
  return { ...NOTHING, hours, objects, bytes, after: left.length > page.length ? page.at(-1)! : null };
}

async function retainRevisions({ lake, ledger, configuration }: RetainParts, { after, dryRun }: RetainInput, control: JobControl): Promise<RetainResult> {
  const page = await ledger.revisionsToRetire(configuration.SLUICE_RETENTION_REVISIONS_DAYS, after, HOURS_OF_A_PAGE);
  let [objects, bytes] = [0, 0];
  for (const { landingHour, revisions } of page) {
    for (const revision of revisions) {
      control.signal.throwIfAborted();
      control.progress({ step: `${landingHour} r${revision}` });
      const old = await leavingsOf(lake, { landingHour, revision });
      if (!dryRun) {
        await lake.remove(old.map(({ key }) => key));
        await ledger.markRetired({ landingHour, revision });
      }
      objects += old.length;
      bytes += bytesOf(old);
    }
  }
  return { ...NOTHING, hours: page.length, objects, bytes, after: page.length < HOURS_OF_A_PAGE ? null : page.at(-1)!.landingHour };
}

/** All of it at once: there are as many as were asked for in a day. An hour more than they can be had, so that no link in use breaks. */
async function retainApi({ lake, configuration }: RetainParts, { dryRun }: RetainInput): Promise<RetainResult> {
  const before = new Date(Date.now() - (configuration.SLUICE_EXPORT_HOURS + 1) * HOUR_MS).toISOString();
  const old = (await lake.list(API_PREFIX)).filter(({ lastModified }) => lastModified < before);
  if (!dryRun) await lake.remove(old.map(({ key }) => key));
  return { ...NOTHING, objects: old.length, bytes: bytesOf(old) };
}

/** What a replaced revision leaves that nobody needs. Its manifest, commit and proof stay: undo, publish and a rebuilding read them. */
async function leavingsOf(lake: RetainParts['lake'], { landingHour, revision }: RevisionRef): Promise<readonly LandedObject[]> {
  const prefix = revisionPrefix(landingHour, revision);
  const summaries = (await lake.list(prefix)).filter(({ key }) => /^curate-[^/]+\.json$/.test(key.slice(prefix.length)));
  return [...summaries, ...await lake.list(deadLettersPrefix(landingHour, revision))];
}

function bytesOf(objects: readonly LandedObject[]): number {
  return objects.reduce((sum, object) => sum + object.bytes, 0);
}
