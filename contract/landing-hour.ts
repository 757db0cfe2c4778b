/** The landing hour: the UTC hour of the path in which an object landed, and the unit of every run. */
import { SluiceError } from './errors';

declare const brand: unique symbol;
/** `2026-11-20T10`, always UTC. A plain string at run time, so that it passes through Temporal as it is. */
export type LandingHour = string & { readonly [brand]: 'LandingHour' };

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})T(\d{2})$/;
const HOUR_MS = 3_600_000;

export function isLandingHour(text: unknown): text is LandingHour {
  if (typeof text !== 'string' || !SHAPE.test(text)) return false;
  const start = new Date(`${text}:00:00.000Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(text);
}

export function parseLandingHour(text: unknown): LandingHour {
  if (isLandingHour(text)) return text;
  throw new SluiceError({
    kind: 'usage',
    what: 'not a landing hour',
    on: JSON.stringify(text) ?? 'nothing',
    fix: 'Write a UTC hour like 2026-11-20T10',
  });
}

export function landingHourOf(instant: Date): LandingHour {
  return instant.toISOString().slice(0, 13) as LandingHour;
}

export function hourStart(hour: LandingHour): Date {
  return new Date(`${hour}:00:00.000Z`);
}

export function hourEnd(hour: LandingHour): Date {
  return new Date(hourStart(hour).getTime() + HOUR_MS);
}

/** The last instant at which a payment may have been created that lands in the hour: one from the future would win for ever. */
export function latestCreation(hour: LandingHour): Date {
  return new Date(hourEnd(hour).getTime() + 24 * HOUR_MS);
}

export function hoursAfter(hour: LandingHour, hours: number): LandingHour {
  return landingHourOf(new Date(hourStart(hour).getTime() + hours * HOUR_MS));
}

/** `2026-11-20`: a day of the calendar, in UTC. */
export function isUtcDate(text: unknown): text is string {
  return typeof text === 'string' && isLandingHour(`${text}T00`);
}

export function hoursOfDay(date: string): readonly LandingHour[] {
  return Array.from({ length: 24 }, (_, hour) => `${date}T${String(hour).padStart(2, '0')}` as LandingHour);
}

/** One workflow id for each landing hour: two runs of an hour can never race. */
export function hourWorkflowId(hour: LandingHour): string {
  return `payments/${hour}`;
}
