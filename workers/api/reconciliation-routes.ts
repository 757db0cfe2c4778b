/** A day's reconciliations: started, shown down to the key, decided about. The same code as the command line's. */
import { z } from 'zod';
import type { DayReport } from '../../contract/reconciled-day';
import type { Days } from '../../stores/days';
import type { Lake } from '../../stores/lake';
import type { Ledger } from '../../stores/ledger';
import type { LedgerReconciliation } from '../../stores/ledger-reconciliations';
import { byOf } from './operations-routes';
import { date, MINOR_UNITS } from './parameters';
import { Problem } from './problems';
import { route, type AnyRoute } from './route';
import { snake } from './snake-case';
import { firstDifferences, minorUnitsIn } from './waiting-differences';

export interface ReconciliationParts {
  /** on the reader role, of all merchants */
  readonly ledger: Ledger;
  /** on the loader role: the audit */
  readonly writing: Ledger;
  readonly lake: Lake;
  readonly days: Days;
}

const NUMBERS = z.record(z.string(), z.unknown());

export function reconciliationRoutes(parts: ReconciliationParts): readonly AnyRoute[] {
  return [start(parts), reconciliations(parts), approve(parts), refuse(parts)];
}

/** Not auto: what repairs by itself is the schedule's, or somebody's at the command line. */
const MODES = ['off', 'ask'] as const;

function start({ ledger, writing, days }: ReconciliationParts): AnyRoute {
  return route({
    method: 'POST', path: '/reconciliations/{date}', tag: 'operations', scope: 'ops:write', status: 202,
    summary: 'Hold every store against what was proven of a day; attaches to one that goes on',
    params: z.strictObject({ date }),
    body: z.strictObject({
      repair: z.enum(MODES).optional().meta({ description: 'off: touch nothing (default); ask: repair what somebody approves' }),
      deep: z.boolean().optional().meta({ description: 'Also read files and rows that are as they were when they were last found right' }),
    }),
    answer: z.object({
      date: z.string(), workflow_id: z.string(), workflow_run_id: z.string(), attached: z.boolean().meta({ description: 'One was going on, and goes on as it was asked for' }),
      requested_by: z.string().nullable().meta({ description: 'Whose it is; null until it has begun' }), mode: z.string().nullable(),
    }),
    problems: ['refused'],
    handle: async ({ params, body, caller }) => {
      const asked = { date: params.date, repair: body.repair ?? 'off', deep: body.deep ?? false };
      await writing.audit(byOf(caller), 'api reconcile start', asked);
      const { handle, attached } = await days.start({ ...asked, by: byOf(caller) });
      const going = attached ? (await ledger.reconciliations(params.date)).find(({ workflowRunId }) => workflowRunId === handle.firstExecutionRunId) : undefined;
      return {
        location: `/reconciliations/${params.date}`,
        body: {
          date: params.date, workflow_id: handle.workflowId, workflow_run_id: handle.firstExecutionRunId, attached,
          requested_by: attached ? going?.by ?? null : byOf(caller), mode: attached ? going?.mode ?? null : asked.repair,
        },
      };
    },
  });
}

const RECONCILIATION = z.object({
  reconciliation_id: z.string(), state: z.string(), mode: z.string(), deep: z.boolean(), requested_by: z.string(), message: z.string().nullable(),
  decision: z.object({ decision: z.string(), by: z.string(), why: z.string().nullable(), at: z.string() }).nullable(), workflow_id: z.string(), workflow_run_id: z.string(),
  started_at: z.string(), finished_at: z.string().nullable(), html_key: z.string().nullable(),
});

function reconciliations({ ledger, lake }: ReconciliationParts): AnyRoute {
  return route({
    method: 'GET', path: '/reconciliations/{date}', tag: 'operations', scope: 'ops:read',
    summary: 'What the reconciliations of a day found, who decided, what was repaired; the newest in full',
    params: z.strictObject({ date }),
    answer: z.object({
      date: z.string(), latest: RECONCILIATION.extend({
        repairs: z.array(z.object({
          landing_hour: z.string(), attempt: z.int(), revision: z.int(), action: z.string(), stores: z.array(z.string()), differs: z.array(NUMBERS), by: z.string(), planned_at: z.string(),
          done_at: z.string().nullable(), result: z.unknown(), outcome: z.string().nullable(), message: z.string().nullable(),
        })),
        report: NUMBERS.nullable().meta({ description: 'Null until it is finished' }),
        waiting_for: z.array(NUMBERS).meta({ description: 'Of one whose repair waits for approval: the first 200 rows that differ; later they are in the report' }),
      }),
      earlier: z.array(RECONCILIATION),
      minor_units: z.record(z.string(), MINOR_UNITS).meta({ description: 'Of each currency that differed' }),
    }),
    problems: ['not-found'],
    handle: async ({ params, signal }) => {
      const [latest, ...earlier] = await ledger.reconciliations(params.date);
      if (latest === undefined) throw new Problem('not-found', 'This day was never reconciled', 'date');
      const repairs = (await ledger.repairs(latest.reconciliationId)).map((repair) => snake(repair));
      const waitingFor = latest.state === 'waiting' ? await firstDifferences(lake, params.date, latest.reconciliationId, signal) : [];
      return {
        body: {
          date: params.date, earlier: earlier.map(rowOf), minor_units: minorUnitsIn(waitingFor, latest.report as DayReport | null),
          latest: { ...rowOf(latest), repairs: repairs as never, report: latest.report === null ? null : snake(latest.report) as Record<string, unknown>, waiting_for: snake(waitingFor) as Record<string, unknown>[] },
        },
      };
    },
  });
}

function rowOf(one: LedgerReconciliation): z.input<typeof RECONCILIATION> {
  return {
    reconciliation_id: one.reconciliationId, state: one.state, mode: one.mode, deep: one.deep, requested_by: one.by, message: one.message, decision: one.decision,
    workflow_id: one.workflowId, workflow_run_id: one.workflowRunId, started_at: one.startedAt, finished_at: one.finishedAt, html_key: one.htmlKey,
  };
}

const DECIDED = z.object({ date: z.string(), reconciliation_id: z.string(), state: z.string(), message: z.string() });

function approve(parts: ReconciliationParts): AnyRoute {
  return route({
    method: 'POST', path: '/reconciliations/{date}/approve', tag: 'operations', scope: 'ops:write', summary: 'Let the repairs of a day that wait be done',
    params: z.strictObject({ date }), body: z.strictObject({}), answer: DECIDED, problems: ['refused'],
    handle: async ({ params, caller }) => {
      const waiting = await waitingOf(parts.ledger, params.date);
      await parts.writing.audit(byOf(caller), 'api reconcile approve', { date: params.date, reconciliation: waiting.reconciliationId });
      const { reconciliationId, state, message } = await parts.days.approve(waiting, byOf(caller));
      return { body: { date: params.date, reconciliation_id: reconciliationId, state, message } };
    },
  });
}

function refuse(parts: ReconciliationParts): AnyRoute {
  return route({
    method: 'POST', path: '/reconciliations/{date}/refuse', tag: 'operations', scope: 'ops:write', summary: 'Leave a day as it is',
    params: z.strictObject({ date }), body: z.strictObject({ why: z.string().min(1).max(1000).meta({ description: 'What is wrong with the repairs, for the ledger' }) }), answer: DECIDED, problems: ['refused'],
    handle: async ({ params, body, caller }) => {
      const waiting = await waitingOf(parts.ledger, params.date);
      await parts.writing.audit(byOf(caller), 'api reconcile refuse', { date: params.date, reconciliation: waiting.reconciliationId, why: body.why });
      const { reconciliationId, state, message } = await parts.days.refuse(waiting, byOf(caller), body.why);
      return { body: { date: params.date, reconciliation_id: reconciliationId, state, message } };
    },
  });
}

async function waitingOf(ledger: Ledger, day: string): Promise<LedgerReconciliation> {
  const found = (await ledger.reconciliations(day)).find(({ state }) => state === 'waiting');
  if (found === undefined) throw new Problem('refused', 'No repair of that day waits for approval', 'date');
  return found;
}
