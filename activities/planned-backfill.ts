/**
 * What a backfill would take, what to expect of it and what it would cost. Reads the ledger and the lake, starts nothing: for the command
 * line's `--dry-run` and the API's.
 */
import { hoursBetween, pageFrom, type BackfillInput, type BackfillOptions } from '../contract/backfill';
import { ASSUMPTIONS_TEXT, estimatedCosts, type EngineCost } from '../contract/engine-prices';
import type { LandingHour } from '../contract/landing-hour';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { landedObjects } from './landed-objects';
import { chooseHours, type ChosenHour, type PlanBackfillParts } from './plan-backfill';

const LISTINGS_AT_ONCE = 16;

export interface PlannedHour {
  readonly landingHour: LandingHour;
  readonly why: string;
  readonly objects: number;
  readonly bytes: number;
  /** null: nothing was ever loaded, so nobody knows how long a line is */
  readonly rows: number | null;
  /** counted: when the hour was last loaded; by bytes: its bytes over the bytes of a line in the hours loaded last */
  readonly rowsBy: 'counted' | 'by bytes' | 'unknown';
}

export interface BackfillPlan {
  readonly from: LandingHour;
  readonly to: LandingHour;
  readonly only: string;
  readonly looked: number;
  readonly hours: readonly PlannedHour[];
  readonly bytesPerLine: number | null;
  readonly costs: readonly EngineCost[];
  readonly assumptions: string;
}

export interface PlannedBackfillParts extends PlanBackfillParts {
  readonly ledger: PlanBackfillParts['ledger'] & Pick<Ledger, 'bytesPerLine'>;
}

export async function plannedBackfill(parts: PlannedBackfillParts, input: BackfillInput & BackfillOptions, signal?: AbortSignal): Promise<BackfillPlan> {
  const bytesPerLine = await parts.ledger.bytesPerLine();
  const hours: PlannedHour[] = [];
  for (let next: LandingHour | null = input.from; next !== null;) {
    const page = pageFrom(next, input, 'oldest');
    const chosen = await chooseHours(parts, { from: page.from, to: page.to, only: input.only }, signal);
    for (let at = 0; at < chosen.length; at += LISTINGS_AT_ONCE) {
      hours.push(...await Promise.all(chosen.slice(at, at + LISTINGS_AT_ONCE).map((hour) => expected(parts.lake, hour, bytesPerLine))));
    }
    next = page.next;
  }
  if (input.order === 'newest') hours.reverse();
  return {
    from: input.from, to: input.to, only: input.only, looked: hoursBetween(input.from, input.to), hours, bytesPerLine, costs: estimatedCosts(hours), assumptions: ASSUMPTIONS_TEXT,
  };
}

async function expected(lake: Lake, { landingHour, why, known }: ChosenHour, bytesPerLine: number | null): Promise<PlannedHour> {
  const objects = await landedObjects(lake, landingHour);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  const hour = { landingHour, why, objects: objects.length, bytes };
  if (known?.loaded != null) return { ...hour, rows: known.loaded.curated, rowsBy: 'counted' };
  if (bytes === 0) return { ...hour, rows: 0, rowsBy: 'by bytes' };
  if (bytesPerLine === null) return { ...hour, rows: null, rowsBy: 'unknown' };
  return { ...hour, rows: Math.round(bytes / bytesPerLine), rowsBy: 'by bytes' };
}
