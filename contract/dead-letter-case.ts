/** A dead letter as a case that operators name: the same bad line of the same object has the same case in every revision. */
import { createHash } from 'node:crypto';
import { isLandingHour, type LandingHour } from './landing-hour';
import type { DeadLetter } from './payment';

const SHAPE = /^(\d{4}-\d{2}-\d{2}T\d{2})-([0-9a-f]{12})$/;

/** `2026-11-20T10-3f9c0a12b4de` */
export function caseIdOf(letter: Pick<DeadLetter, 'landingHour' | 'object' | 'version' | 'offset'>): string {
  // NUL cannot be in a key or a version: without it ("a", "b1", 2) and ("a", "b", 12) would be one case.
  const digest = createHash('sha256').update(`${letter.object}\0${letter.version}\0${letter.offset}`).digest('hex');
  return `${letter.landingHour}-${digest.slice(0, 12)}`;
}

/** The hour in which a case's line landed; null for a text that is not a case. */
export function landingHourOfCase(caseId: string): LandingHour | null {
  const hour = SHAPE.exec(caseId)?.[1];
  return isLandingHour(hour) ? hour : null;
}
