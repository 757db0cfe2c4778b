/** Backfills: what one would take, start it, find it again, watch it, its live controls. The same code as the command line's. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { plannedBackfill, type PlannedBackfillParts } from '../../activities/planned-backfill';
import { shownBackfill, shownBackfills } from '../../activities/shown-backfills';
import { BACKFILL_MODES, BACKFILL_ORDERS, backfillId, checkBackfillInput, PARALLEL_AT_MOST, type BackfillInput, type BackfillOptions } from '../../contract/backfill';
import type { ShownBackfill } from '../../contract/backfill-note';
import { minorUnitsOf } from '../../contract/currencies';
import { SluiceError } from '../../contract/errors';
import type { LandingHour } from '../../contract/landing-hour';
import type { Backfills, BackfillUpdate } from '../../stores/backfills';
import type { Ledger } from '../../stores/ledger';
import type { PlaceInBackfills } from '../../stores/ledger-backfills';
import { byOf, checkHours } from './operations-routes';
import { COUNT, CURRENCY, landingHour, limit, MINOR_UNITS, MONEY } from './parameters';
import { Problem } from './problems';
import { route, type AnyRoute } from './route';
import { snake } from './snake-case';

export interface BackfillRoutesParts {
  readonly backfills: Backfills;
  /** on the reader role */
  readonly ledger: Ledger;
  readonly plan: PlannedBackfillParts;
  /** on the loader role: the audit */
  readonly writing: Ledger;
}

const PAGE = 50;
const ACTIONS = ['pause', 'resume', 'parallel', 'skip', 'retry', 'cancel'] as const satisfies readonly BackfillUpdate[];
const FREE = z.record(z.string(), z.unknown());
const shadowText = z.enum(['true', 'false']).optional().meta({ description: 'The shadow of that range' });
const range = { from: landingHour.meta({ description: 'The first landing hour' }), to: landingHour.meta({ description: 'The last one, included' }) };

const wanted = z.strictObject({
  ...range, only: z.enum(BACKFILL_MODES).optional(), parallel: z.int().min(1).max(PARALLEL_AT_MOST).optional(), order: z.enum(BACKFILL_ORDERS).optional(),
  canary: z.int().min(0).max(100_000).optional(), stop_after_broken: z.int().min(0).max(100_000).optional(), publish: z.enum(['changed', 'all']).optional(), shadow: z.boolean().optional(),
});

const STATUS = z.object({
  backfill_id: z.string(), from: z.string(), to: z.string(), by: z.string(), state: z.string(), why: z.string(), counts: z.record(z.string(), COUNT), ended: COUNT, in_flight: z.array(z.string()),
  pending: COUNT, not_planned: COUNT, skipped: COUNT, unchanged: COUNT, lines: COUNT, started_at: z.string(), options: FREE, recent: z.array(FREE),
  money: z.array(z.object({ currency: CURRENCY, minor_units: MINOR_UNITS, amount_cents: MONEY })).meta({ description: 'Of a shadow: what the hours would change by' }),
});

const RUN = z.string().regex(/^[0-9a-f-]{36}$/, 'write the run of an entry of /backfills').meta({ description: 'Which one, where a range was backfilled more than once' });

const LISTED = z.object({
  run: RUN.nullable().meta({ description: 'Tells backfills of one range apart; null of one that began before there was a list' }),
  backfill_id: z.string(), from: z.string(), to: z.string(), shadow: z.boolean(), only: z.string(), parallel: z.int(), by: z.string(),
  state: z.string().meta({ description: 'cut_off: it was terminated, or failed, and could not say how it ended' }), why: z.string(), counts: z.record(z.string(), COUNT), ended: COUNT,
  left: COUNT.meta({ description: 'Hours under way, waiting or not looked at yet' }), lines: COUNT, started_at: z.string(), ended_at: z.string().nullable(),
});

/** With the hours by name that it left unproven. */
const FOUND = STATUS.extend({ run: LISTED.shape.run, ended_at: LISTED.shape.ended_at, unproven: z.record(z.string(), z.array(z.string())).meta({ description: 'Hours by how they ended; of one that is over' }) });

export function backfillRoutes(parts: BackfillRoutesParts): readonly AnyRoute[] {
  return [list(parts), plan(parts), start(parts), status(parts), control(parts)];
}

function list({ backfills, ledger }: BackfillRoutesParts): AnyRoute {
  return route({
    method: 'GET', path: '/backfills', tag: 'operations', scope: 'ops:read',
    summary: 'Backfills, the newest first: range, by whom, where each stands or how it ended',
    about: 'Also those that Temporal has forgotten.',
    query: z.strictObject({ limit: limit.optional(), after: z.string().regex(/^[A-Za-z0-9_-]{1,300}$/).optional().meta({ description: '`next` of the page before' }) }),
    answer: z.object({ rows: z.array(LISTED), next: z.string().nullable() }),
    handle: async ({ query }) => {
      const most = query.limit ?? PAGE;
      const found = await shownBackfills({ ledger, backfills }, most, query.after === undefined ? null : placeOf(query.after));
      const last = found.at(-1);
      return {
        body: {
          rows: found.map(listedRow),
          next: last === undefined || found.length < most ? null : Buffer.from(`${last.status.startedAt} ${last.backfillRun}`).toString('base64url'),
        },
      };
    },
  });
}

function placeOf(after: string): PlaceInBackfills {
  const [startedAt, backfillRun] = Buffer.from(after, 'base64url').toString('utf8').split(' ');
  if (z.iso.datetime().startsWith('20').safeParse(startedAt).success && RUN.safeParse(backfillRun).success) return { startedAt: startedAt!, backfillRun: backfillRun! };
  throw new Problem('invalid-parameter', 'after is the `next` of a page of this', 'after');
}

function listedRow({ backfillRun, state, status, ending }: ShownBackfill): z.input<typeof LISTED> {
  const { backfillId: id, from, to, by, why, counts, ended, inFlight, pending, notPlanned, lines, startedAt, options } = status;
  return {
    run: backfillRun, backfill_id: id, from, to, shadow: options.shadow, only: options.only, parallel: options.parallel, by, state, why, counts: counts as Record<string, number>, ended,
    left: inFlight.length + pending + notPlanned, lines, started_at: startedAt, ended_at: ending?.endedAt ?? null,
  };
}

function checked(body: z.output<typeof wanted>): BackfillInput & BackfillOptions {
  const { from, to, stop_after_broken: stopAfterBroken, ...given } = body;
  const options = Object.fromEntries(Object.entries({ ...given, stopAfterBroken }).filter(([, value]) => value !== undefined)) as Partial<BackfillOptions>;
  try {
    return checkBackfillInput({ ...options, from: from as LandingHour, to: to as LandingHour }, new Date());
  } catch (error) {
    if (error instanceof SluiceError) throw new Problem('invalid-parameter', error.what, 'to');
    throw error;
  }
}

function plan({ plan: parts }: BackfillRoutesParts): AnyRoute {
  return route({
    method: 'POST', path: '/backfills/plan', tag: 'operations', scope: 'ops:read',
    summary: 'What a backfill would take, what to expect of it and what it would cost; starts nothing',
    body: wanted,
    answer: z.object({
      from: z.string(), to: z.string(), only: z.string(), looked: COUNT, hours: z.array(z.object({
        landing_hour: z.string(), why: z.string(), objects: COUNT, bytes: COUNT, rows: COUNT.nullable(), rows_by: z.string(),
      })), bytes_per_line: z.number().nullable(), costs: z.array(FREE), assumptions: z.string(),
    }),
    problems: ['range-reversed', 'range-too-wide'],
    handle: async ({ body, signal }) => {
      // Each hour's objects are listed while somebody waits.
      checkHours(body.from as LandingHour, body.to as LandingHour);
      return { body: snake(await plannedBackfill(parts, checked(body), signal)) as never };
    },
  });
}

function start({ backfills, writing }: BackfillRoutesParts): AnyRoute {
  return route({
    method: 'POST', path: '/backfills', tag: 'operations', scope: 'ops:write', status: 202,
    summary: 'Ask for the hours of a range; started again it attaches to the one that is there',
    body: wanted, answer: z.object({ backfill_id: z.string(), from: z.string(), to: z.string(), shadow: z.boolean() }), problems: ['refused'],
    handle: async ({ body, caller }) => {
      const input = checked(body);
      await writing.audit(byOf(caller), 'api backfill start', { ...body });
      const id = await backfills.start({ ...input, by: byOf(caller), startToken: randomUUID() });
      return { location: `/backfills/${input.from}/${input.to}${input.shadow ? '?shadow=true' : ''}`, body: { backfill_id: id, from: input.from, to: input.to, shadow: input.shadow } };
    },
  });
}

function status({ backfills, ledger }: BackfillRoutesParts): AnyRoute {
  return route({
    method: 'GET', path: '/backfills/{from}/{to}', tag: 'operations', scope: 'ops:read', summary: 'Where a backfill stands',
    about: 'The newest of that range, unless a run is named. The hours that ended last are known as long as Temporal keeps it.',
    params: z.strictObject(range), query: z.strictObject({ shadow: shadowText, run: RUN.optional() }), answer: FOUND, problems: ['not-found'],
    handle: async ({ params, query }) => {
      const found = await shownBackfill({ ledger, backfills }, backfillId(params.from as LandingHour, params.to as LandingHour, query.shadow === 'true'), query.run ?? null);
      if (found === null) throw new Problem('not-found', 'There is no such backfill');
      const { backfillRun, state, ending } = found;
      return { body: { ...statusOf(found), state, run: backfillRun, ended_at: ending?.endedAt ?? null, unproven: { ...ending?.unproven } as Record<string, string[]> } };
    },
  });
}

function statusOf({ status: { money, ...more } }: Pick<ShownBackfill, 'status'>): z.input<typeof STATUS> {
  return {
    ...snake(more) as Omit<z.input<typeof STATUS>, 'money'>,
    money: money.map(({ currency, amountCents }) => ({ currency, minor_units: minorUnitsOf(currency), amount_cents: amountCents })),
  };
}

function control({ backfills, writing }: BackfillRoutesParts): AnyRoute {
  return route({
    method: 'POST', path: '/backfills/{from}/{to}/{action}', tag: 'operations', scope: 'ops:write', summary: 'Pause, resume, throttle, skip an hour, retry one, or cancel',
    params: z.strictObject({ ...range, action: z.enum(ACTIONS).meta({ description: 'What to do', example: 'pause' }) }), query: z.strictObject({ shadow: shadowText }),
    body: z.strictObject({
      why: z.string().min(1).max(1000).optional().meta({ description: 'Of pause and cancel: shown with its state' }),
      parallel: z.int().min(1).max(PARALLEL_AT_MOST).optional().meta({ description: 'Of parallel: hours under way at once' }),
      hour: landingHour.optional().meta({ description: 'Of skip and retry' }),
    }),
    answer: STATUS, problems: ['refused'],
    handle: async ({ params, query, body, caller }) => {
      const argument = argumentOf(params.action, body);
      const id = backfillId(params.from as LandingHour, params.to as LandingHour, query.shadow === 'true');
      await writing.audit(byOf(caller), `api backfill ${params.action}`, { backfill: id, ...body });
      return { body: statusOf({ status: await backfills.update(id, params.action, argument) }) };
    },
  });
}

function argumentOf(action: (typeof ACTIONS)[number], body: { readonly why?: string | undefined; readonly parallel?: number | undefined; readonly hour?: string | undefined }): unknown {
  const takes = { pause: 'why', cancel: 'why', resume: null, parallel: 'parallel', skip: 'hour', retry: 'hour' } as const;
  const name = takes[action];
  const stray = (['why', 'parallel', 'hour'] as const).find((one) => one !== name && body[one] !== undefined);
  if (stray !== undefined) throw new Problem('unknown-parameter', `${action} takes ${name ?? 'nothing'}`, stray);
  if (name === null) return undefined;
  if (name !== 'why' && body[name] === undefined) throw new Problem('missing-parameter', `${action} wants ${name}`, name);
  return body[name];
}
