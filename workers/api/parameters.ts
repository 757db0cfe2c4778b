/** Parameters that several routes share, and the shapes in which answers say the same things. */
import { z } from 'zod';
import { isLandingHour } from '../../contract/landing-hour';
import { daysBetween, LAKE_RANGE_AT_MOST_DAYS, RANGE_AT_MOST_DAYS } from '../../contract/reports';
import type { RestsOn } from '../../stores/reports';
import { FORMATS } from './format';
import { Problem } from './problems';

/** In the years that a payment can have been made in. */
export const date = z.iso.date('write a UTC date like 2026-11-20').refine((text) => text >= '2000-01-01' && text <= '2100-12-31', 'write a date of the years 2000 to 2100')
  .meta({ description: 'A UTC date, that of a payment’s created_at', example: '2026-11-20' });

export const landingHour = z.string().regex(/^(20\d\d|2100)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])$/, 'write a UTC hour like 2026-11-20T10')
  .refine(isLandingHour, 'write a UTC hour like 2026-11-20T10').meta({ description: 'A landing hour, UTC', example: '2026-11-20T10' });

export const merchant = z.string().regex(/^[A-Za-z0-9_.:@-]{1,128}$/, 'write a merchant’s id')
  .meta({ description: 'Only this merchant; a merchant’s own key sees no other', example: 'merchant-0001' });

export const paymentId = z.string().regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'write a payment’s id').meta({ description: 'A payment', example: 'pay_abcd_1_000001' });

/** As a payment may have it: no control characters, which also keeps them out of the database. */
// oxlint-disable-next-line no-control-regex -- these are what it keeps out
export const freeText = z.string().regex(/^[^\u0000-\u001f\u007f]{1,256}$/u, 'write 1 to 256 characters without control characters');

export const format = z.enum(FORMATS).meta({ description: 'In place of Accept' });

export const engine = z.enum(['postgres', 'lake']).meta({
  description: `lake: from the committed files, however old; answered by 202, to be polled. Without it, what Postgres does not answer (more than ${RANGE_AT_MOST_DAYS} days, or while it is being made again) is asked of the lake`,
});

export const limit = z.string().regex(/^([1-9]\d{0,2}|1000)$/, 'write a whole number from 1 to 1000').transform(Number)
  .meta({ description: 'At most so many of them', example: '100' });

export const MONEY = z.string().regex(/^-?\d+$/).meta({ description: 'Minor units of the currency, exact', example: '123456' });
export const CURRENCY = z.string().meta({ description: 'ISO 4217', example: 'EUR' });
export const MINOR_UNITS = z.int().min(0).max(4).meta({ description: 'Digits after the point when an amount is shown; for display only' });
export const COUNT = z.int().min(0);

export const PROOF = z.object({
  state: z.enum(['proven', 'open', 'broken', 'missing', 'none']).meta({ description: 'The worst of the hours; none: there is no hour yet' }),
  hours: COUNT.meta({ description: 'Landing hours from which the payments came, and those of the days themselves' }),
  by_state: z.object({ proven: COUNT, empty: COUNT, open: COUNT, broken: COUNT, missing: COUNT }),
  not_proven: z.array(z.string()).meta({ description: 'The first of the hours that are neither proven nor empty' }),
});

export const AS_OF = z.string().nullable().meta({ description: 'When a payment of the days changed last; null where there is none' });

export function proofOf({ hours, states, notProven, rebuilding }: RestsOn): z.input<typeof PROOF> {
  // Hours that the ledger does not know yet are in none of the counts.
  const worst = (['broken', 'missing', 'open'] as const).find((state) => states[state] > 0 || (state === 'open' && rebuilding));
  return { state: worst ?? (hours === 0 ? 'none' : 'proven'), hours, by_state: states, not_proven: [...notProven] };
}

/** Who is asked a range of days, where nobody says. */
export function engineOf(from: string, to: string, asked: 'postgres' | 'lake' | undefined): 'postgres' | 'lake' {
  return asked ?? (daysBetween(from, to) > RANGE_AT_MOST_DAYS ? 'lake' : 'postgres');
}

export function checkRange(from: string, to: string, asked: 'postgres' | 'lake' = 'postgres'): void {
  if (from > to) throw new Problem('range-reversed', `from ${from} is after to ${to}`, 'from');
  const days = daysBetween(from, to);
  const most = asked === 'lake' ? LAKE_RANGE_AT_MOST_DAYS : RANGE_AT_MOST_DAYS;
  if (days > most) throw new Problem('range-too-wide', `${days} days are more than the ${most} that one answer covers${asked === 'lake' ? '' : '; engine=lake covers more'}`, 'to');
}
