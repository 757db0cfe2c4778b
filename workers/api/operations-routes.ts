/** Hours and dead letters as operators see them, and what they may do about them: the same code as the command line's. */
import { z } from 'zod';
import { groupsOf, letterOf } from '../../activities/dead-letter-cases';
import { createRedrive, type RedriveCase } from '../../activities/redrive';
import type { ApiKey } from '../../contract/api-keys';
import { SluiceError } from '../../contract/errors';
import { hoursBetween } from '../../contract/backfill';
import type { LandingHour } from '../../contract/landing-hour';
import { MAX_LINE_BYTES, REASONS } from '../../contract/payment';
import { equationOf } from '../../contract/proof';
import type { Lake } from '../../stores/lake';
import type { Ledger } from '../../stores/ledger';
import { shownProof } from '../../stores/shown-proof';
import type { Hours } from '../../stores/temporal';
import { COUNT, landingHour } from './parameters';
import { Problem } from './problems';
import { route, type AnyRoute } from './route';
import { snake } from './snake-case';

export interface OperationsParts {
  /** on the reader role, of all merchants */
  readonly ledger: Ledger;
  /** on the loader role: audit and redrives */
  readonly writing: Ledger;
  readonly lake: Lake;
  readonly hours: Hours;
}

const HOURS_AT_MOST = 31 * 24;
const NUMBERS = z.record(z.string(), z.unknown());
const reason = z.enum(REASONS);
const STATE = z.enum(['proven', 'broken', 'open', 'empty', 'missing']);
const CASE = z.string().regex(/^20\d\d-\d\d-\d\dT\d\d-[0-9a-f]{12}$/, 'write a case like 2026-11-20T10-3f9c0a12b4de').meta({ description: 'A dead letter', example: '2026-11-20T10-3f9c0a12b4de' });

export function operationsRoutes(parts: OperationsParts): readonly AnyRoute[] {
  return [hours(parts), hour(parts), deadLetters(parts), deadLetter(parts), redrive(parts)];
}

/** Who did it, for the ledger: the key tells who has it. */
export function byOf({ name, keyId }: ApiKey): string {
  return `${name} (key ${keyId})`;
}

export function checkHours(from: LandingHour, to: LandingHour): void {
  if (from > to) throw new Problem('range-reversed', `from ${from} is after to ${to}`, 'from');
  if (hoursBetween(from, to) > HOURS_AT_MOST) throw new Problem('range-too-wide', `${hoursBetween(from, to)} hours are more than the ${HOURS_AT_MOST} of one answer`, 'to');
}

function hours({ ledger }: OperationsParts): AnyRoute {
  return route({
    method: 'GET', path: '/hours', tag: 'operations', scope: 'ops:read',
    summary: 'Where the landing hours of a range stand, each with its equation',
    about: 'Only hours that somebody has asked for; both ends included.',
    query: z.strictObject({ from: landingHour, to: landingHour }),
    answer: z.object({
      from: z.string(), to: z.string(), by_state: z.record(z.string(), COUNT),
      rows: z.array(z.object({
        landing_hour: z.string(), state: STATE, revision: z.int().nullable(), committed_revision: z.int().nullable(), lines: COUNT.nullable(), curated: COUNT.nullable(),
        dead_lettered: COUNT.nullable(), equation: z.string().nullable(), first_difference: z.string().nullable(), updated_at: z.string(),
      })),
    }),
    problems: ['range-reversed', 'range-too-wide'],
    handle: async ({ query }) => {
      const [from, to] = [query.from as LandingHour, query.to as LandingHour];
      checkHours(from, to);
      const found = await ledger.hours(from, to);
      const byState: Record<string, number> = {};
      for (const { state } of found) byState[state] = (byState[state] ?? 0) + 1;
      return {
        body: {
          from, to, by_state: byState,
          rows: found.map(({ landingHour: name, state, loadedRevision, committedRevision, updatedAt, proof }) => ({
            landing_hour: name, state, revision: loadedRevision, committed_revision: committedRevision, lines: proof?.terms.lines ?? null, curated: proof?.terms.curated ?? null,
            dead_lettered: proof?.terms.deadLettered ?? null, equation: proof === null ? null : equationOf(proof.terms), first_difference: proof?.firstDifference ?? null, updated_at: updatedAt,
          })),
        },
      };
    },
  });
}

function hour({ ledger }: OperationsParts): AnyRoute {
  return route({
    method: 'GET', path: '/hours/{hour}', tag: 'operations', scope: 'ops:read',
    summary: 'A landing hour: its proof store by store, its stages, its runs',
    params: z.strictObject({ hour: landingHour }),
    answer: z.object({
      landing_hour: z.string(), state: STATE, revision: z.int().nullable(), committed_revision: z.int().nullable(), loaded_revision: z.int().nullable(), deadline: z.string().nullable(),
      equation: z.string().nullable(), first_difference: z.string().nullable(),
      proof: NUMBERS.nullable().meta({ description: 'terms, stores (lake, topic, postgres) with rows, sum_row_hash and totals; null before there is one' }),
      stages: z.array(z.object({ stage: z.string(), attempt: z.int(), started_at: z.string(), seconds: z.number(), worker: z.string(), result: z.unknown() })),
      runs: z.array(z.object({
        workflow_id: z.string(), workflow_run_id: z.string(), round: z.int(), kind: z.string(), requested_by: z.string(), revision: z.int().nullable(), unchanged: z.boolean(), state: z.string(),
        message: z.string().nullable(), started_at: z.string(), ended_at: z.string().nullable(),
      })),
    }),
    problems: ['not-found'],
    handle: async ({ params }) => {
      const name = params.hour as LandingHour;
      const found = await ledger.hour(name);
      if (found === null) throw new Problem('not-found', 'Nobody has asked for this hour yet', 'hour');
      const proof = await shownProof(ledger, name);
      const proven = proof.revision !== null && await ledger.proofOf(name, proof.revision) !== null;
      const stages = proof.revision === null ? [] : await ledger.stages({ landingHour: name, revision: proof.revision });
      return {
        body: {
          landing_hour: name, state: found.state, revision: proof.revision, committed_revision: found.committedRevision, loaded_revision: found.loadedRevision, deadline: found.deadline,
          equation: proven ? equationOf(proof.terms) : null, first_difference: proof.firstDifference, proof: proven ? snake(proof) as Record<string, unknown> : null,
          stages: stages.map(({ stage, attempt, startedAt, seconds, worker, result }) => ({ stage, attempt, started_at: startedAt, seconds, worker, result: snake(result) })),
          runs: (await ledger.runs(name)).map((run) => ({
            workflow_id: run.workflowId, workflow_run_id: run.workflowRunId, round: run.round, kind: run.kind, requested_by: run.by, revision: run.revision, unchanged: run.unchanged,
            state: run.state, message: run.message, started_at: run.startedAt, ended_at: run.endedAt,
          })),
        },
      };
    },
  });
}

const LINE = { raw: z.string().optional().meta({ description: 'The line, card numbers masked; as text, whatever is in it' }), raw_base64: z.string().optional().meta({ description: 'Where it is not UTF-8' }) };

function deadLetters({ ledger }: OperationsParts): AnyRoute {
  return route({
    method: 'GET', path: '/dead-letters', tag: 'operations', scope: 'ops:read',
    summary: 'Refused lines of the hours’ current revisions by reason, with a few cases each',
    query: z.strictObject({
      from: landingHour, to: landingHour, reason: reason.optional(),
      samples: z.string().regex(/^(1?\d|20)$/, 'write a whole number from 0 to 20').transform(Number).optional().meta({ description: 'Cases shown for each reason', example: '3' }),
    }),
    answer: z.object({
      from: z.string(), to: z.string(), lines: COUNT.meta({ description: 'By reason: a line with two reasons counts in both' }),
      groups: z.array(z.object({
        reason: z.string(), lines: COUNT, hours: COUNT, first_hour: z.string(), last_hour: z.string(), redriven: COUNT,
        cases: z.array(z.object({ case: z.string(), object: z.string(), line_number: z.int(), reasons: z.array(z.string()), ...LINE })),
      })),
    }),
    problems: ['range-reversed', 'range-too-wide'],
    handle: async ({ query }) => {
      const [from, to] = [query.from as LandingHour, query.to as LandingHour];
      checkHours(from, to);
      const groups = await groupsOf(ledger, { from, to, ...(query.reason === undefined ? {} : { reason: query.reason }) }, query.samples ?? 3);
      return { body: snake({ from, to, lines: groups.reduce((sum, { lines }) => sum + lines, 0), groups }) as never };
    },
  });
}

function deadLetter({ ledger, lake }: OperationsParts): AnyRoute {
  return route({
    method: 'GET', path: '/dead-letters/{case}', tag: 'operations', scope: 'ops:read',
    summary: 'One refused line: what it says (card numbers masked), why, where it lies, what became of it',
    params: z.strictObject({ case: CASE }),
    answer: z.object({
      case: z.string(), landing_hour: z.string(), revision: z.int(), object: z.string(), version: z.string(), offset: COUNT, length: COUNT, line_number: z.int(), reasons: z.array(z.string()), ...LINE,
      sha256: z.string().optional(), cards: COUNT, redrives: z.array(z.object({ object: z.string(), line_number: z.int(), by: z.string(), at: z.string() })),
    }),
    problems: ['not-found'],
    handle: async ({ params }) => {
      const letter = await foundLetter(lake, ledger, params.case);
      const redrives = (await ledger.redrives([params.case])).map(({ object, lineNumber, by, at }) => ({ object, lineNumber, by, at }));
      return { body: snake({ case: params.case, ...letter, caseId: undefined, cards: letter.cards ?? 0, redrives }) as never };
    },
  });
}

async function foundLetter(lake: Lake, ledger: Ledger, caseId: string): Promise<Awaited<ReturnType<typeof letterOf>>> {
  try {
    return await letterOf(lake, ledger, caseId);
  } catch (error) {
    if (error instanceof SluiceError && error.kind === 'usage') throw new Problem('not-found', `There is no case ${caseId}`, 'case');
    throw error;
  }
}

function redrive({ lake, ledger, writing, hours: asking }: OperationsParts): AnyRoute {
  const line = z.string().min(1).max(MAX_LINE_BYTES).regex(/^[^\r\n]+$/, 'write one line').meta({ description: 'The corrected line; absent: as it landed' });
  return route({
    method: 'POST', path: '/dead-letters/redrive', tag: 'operations', scope: 'ops:write', status: 202,
    summary: 'Land refused lines again, corrected or as they were, and ask for their hours’ runs',
    about: 'The same lines redriven twice land once. Written down in the audit first.',
    body: z.strictObject({ cases: z.array(z.strictObject({ case: CASE, line: line.optional() })).min(1).max(1000) }),
    answer: z.object({
      redriven: z.array(z.object({
        landing_hour: z.string(), object: z.string(), found: z.boolean().meta({ description: 'These very lines had been landed before' }),
        lines: z.array(z.object({ case: z.string(), line_number: z.int(), corrected: z.boolean() })), workflow_id: z.string(), workflow_run_id: z.string(),
      })),
    }),
    problems: ['not-found', 'refused'],
    handle: async ({ body, caller }) => {
      const named = body.cases.map((one) => one.case);
      if (new Set(named).size < named.length) throw new Problem('invalid-parameter', 'a case is named twice', 'cases');
      const cases: RedriveCase[] = [];
      for (const one of body.cases) {
        cases.push({ caseId: one.case, letter: await foundLetter(lake, ledger, one.case), ...(one.line === undefined ? {} : { corrected: Buffer.from(one.line) }) });
      }
      const land = createRedrive({ lake, ledger: writing, hours: asking });
      const redriven = [];
      for (const name of [...new Set(cases.map(({ letter }) => letter.landingHour))].sort()) {
        const { object, found, lines, run } = await land({
          landingHour: name, cases: cases.filter(({ letter }) => letter.landingHour === name), by: byOf(caller), waitFor: 'accepted',
        });
        redriven.push({
          landing_hour: name, object, found, lines: lines.map((one) => ({ case: one.case, line_number: one.lineNumber, corrected: one.corrected })),
          workflow_id: run.workflowId, workflow_run_id: run.workflowRunId,
        });
      }
      return { body: { redriven } };
    },
  });
}
