/**
 * Questions to the lake that somebody waits for: asked once, polled by their id. The id says what was asked, so that nobody sees by it what
 * its own key would not show. The answer lies in the lake for a while: any process of the API has it, and one started again.
 */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import { lakeReports, type LakeReportCost } from '../../activities/lake-reports';
import { SluiceError } from '../../contract/errors';
import { lakeAnswerKey } from '../../contract/lake-layout';
import type { LakeQueries } from '../../contract/lake-question';
import type { Lake } from '../../stores/lake';
import type { ReportNumbers } from '../../stores/reports';
import { FewAtOnce, isSilent } from './few-at-once';
import { Problem, problemOfError } from './problems';
import { route, type AnyRoute } from './route';

export interface AskedOfLake {
  readonly report: string;
  readonly from: string;
  readonly to: string;
  readonly merchant: string | null;
  readonly payment_method: string | null;
  /** what it rests on: the state of the data as Postgres knows it */
  readonly rests: string;
}

export interface LakeQuery {
  readonly id: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  readonly askedAt: string;
  step: string;
  body: unknown;
  problem: { readonly type: string; readonly detail: string } | null;
  cost: LakeReportCost;
  /** when its process last said that it is at it */
  seenAt: string;
}

/** Of those that are over, remembered here too. */
const KEPT = 200;
const MINUTE_MS = 60_000;

const ID = z.string().regex(/^[A-Za-z0-9_-]{10,1800}$/).meta({ description: 'Of the Location of a 202', example: 'W10xMjM0NTY' });

export const ACCEPTED = z.object({ query: z.string(), state: z.enum(['waiting', 'running', 'done', 'failed']), asked_at: z.string(), href: z.string() });

const QUERY = ACCEPTED.extend({
  step: z.string().meta({ description: 'What it is at' }), engine: z.string(), scanned_bytes: z.number(), dollars: z.number().meta({ description: 'At list price' }),
  answer: z.record(z.string(), z.unknown()).nullable().meta({ description: 'When it is done: the same as the report’s own answer' }),
  problem: z.object({ type: z.string(), detail: z.string() }).nullable(),
});

/** The same question over the same data within the same minute is one. */
export function idOf(asked: AskedOfLake, now: Date): string {
  const { report, from, to, merchant, payment_method: method, rests } = asked;
  return Buffer.from(JSON.stringify([report, from, to, merchant, method, Math.floor(now.getTime() / MINUTE_MS), rests])).toString('base64url');
}

function merchantOfId(id: string): string | null | undefined {
  try {
    const parts = JSON.parse(Buffer.from(id, 'base64url').toString('utf8')) as unknown;
    const merchant: unknown = Array.isArray(parts) ? parts[3] : undefined;
    return merchant === null || typeof merchant === 'string' ? merchant : undefined;
  } catch {
    return undefined;
  }
}

export function acceptedOf({ id, state, askedAt }: LakeQuery): z.input<typeof ACCEPTED> {
  return { query: id, state, asked_at: askedAt, href: `/queries/${id}` };
}

export interface LakeAskedParts {
  readonly queries: LakeQueries;
  readonly lake: Pick<Lake, 'put' | 'readText'>;
  readonly log: Logger;
  /** hours for which an answer can be had */
  readonly hours: number;
}

export class LakeAsked {
  private readonly mine = new Map<string, LakeQuery>();
  private readonly few = new FewAtOnce();
  private readonly ending = new AbortController();

  constructor(private readonly parts: LakeAskedParts) {}

  get engine(): string {
    return this.parts.queries.engine;
  }

  /** Null: nobody asked it, or too long ago. */
  async find(id: string): Promise<LakeQuery | null> {
    const found = this.mine.get(id) ?? await this.kept(id);
    if (found === null || Date.now() - Date.parse(found.askedAt) > this.parts.hours * 60 * MINUTE_MS) return null;
    return isUnderWay(found) && isSilent(found.seenAt) ? { ...found, state: 'failed', problem: problemBody(new Problem('unavailable', 'The process that asked the lake has gone; ask the report again')) } : found;
  }

  /** Asked already, here or by another process, it is not asked again. */
  async ask(id: string, compute: (numbers: ReportNumbers) => Promise<unknown>): Promise<LakeQuery> {
    const known = await this.find(id);
    if (known !== null && known.state !== 'failed') return known;
    this.few.admit('questions to the lake');
    const now = new Date().toISOString();
    const query: LakeQuery = { id, state: 'waiting', askedAt: now, step: '', body: null, problem: null, cost: { scannedBytes: 0, dollars: 0 }, seenAt: now };
    this.mine.delete(id);
    this.mine.set(id, query);
    this.forget();
    await this.keep(query);
    this.few.add({ run: () => this.run(query, compute), beat: () => { void this.keep(query); } });
    return query;
  }

  close(): void {
    this.few.close();
    this.ending.abort(new Error('the API is stopping'));
  }

  private async run(query: LakeQuery, compute: (numbers: ReportNumbers) => Promise<unknown>): Promise<void> {
    const { queries, log } = this.parts;
    query.state = 'running';
    const askedAs = createHash('sha256').update(`${query.id} ${query.askedAt}`).digest('hex');
    const numbers = lakeReports(queries, { askedAs, signal: this.ending.signal, progress: (step) => { query.step = step; } }, (cost) => {
      query.cost = { scannedBytes: query.cost.scannedBytes + cost.scannedBytes, dollars: query.cost.dollars + cost.dollars };
    });
    try {
      query.body = await compute(numbers);
      query.state = 'done';
    } catch (error) {
      query.problem = problemBody((error instanceof SluiceError ? problemOfError(error) : null) ?? new Problem('internal', 'Something of ours failed; the log knows what'));
      query.state = 'failed';
      if (!this.ending.signal.aborted) log.error({ query: query.id, error: (error as Error).message }, 'a question to the lake failed');
    }
    if (!this.ending.signal.aborted) await this.keep(query);
  }

  private async kept(id: string): Promise<LakeQuery | null> {
    const found = await this.parts.lake.readText(keyOf(id));
    return found === null ? null : JSON.parse(found.text) as LakeQuery;
  }

  /** For the other processes. This one has it: a lake that takes no object holds up no answer of its own. */
  private async keep(query: LakeQuery): Promise<void> {
    query.seenAt = new Date().toISOString();
    try {
      await this.parts.lake.put(keyOf(query.id), JSON.stringify(query));
    } catch (error) {
      this.parts.log.warn({ query: query.id, error: (error as Error).message }, 'a question to the lake could not be written down for other processes');
    }
  }

  /** The oldest that are over. */
  private forget(): void {
    for (const [id, query] of this.mine) {
      if (this.mine.size <= KEPT) return;
      if (!isUnderWay(query)) this.mine.delete(id);
    }
  }
}

function isUnderWay({ state }: LakeQuery): boolean {
  return state === 'waiting' || state === 'running';
}

function keyOf(id: string): string {
  return lakeAnswerKey(createHash('sha256').update(id).digest('base64url'));
}

function problemBody({ problem, detail }: Problem): LakeQuery['problem'] {
  return { type: `/docs#${problem}`, detail };
}

export function queryRoutes(asked: LakeAsked): readonly AnyRoute[] {
  return [route({
    method: 'GET', path: '/queries/{id}', tag: 'reports', scope: 'reports:read',
    summary: 'A question to the lake that was answered by 202: where it stands, and its answer',
    params: z.strictObject({ id: ID }), answer: QUERY, problems: ['not-found'],
    handle: async ({ params, caller }) => {
      const query = await asked.find(params.id);
      if (query === null || (caller.merchantId !== null && merchantOfId(params.id) !== caller.merchantId)) {
        throw new Problem('not-found', 'There is no such question; ask the report again', 'id');
      }
      return {
        body: {
          ...acceptedOf(query), step: query.step, engine: asked.engine, scanned_bytes: query.cost.scannedBytes, dollars: query.cost.dollars,
          answer: query.body as Record<string, unknown> | null, problem: query.problem,
        },
      };
    },
  })];
}
