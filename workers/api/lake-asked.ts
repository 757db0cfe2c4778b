/**
 * Questions to the lake that somebody waits for: asked once, polled by their id. The id says what was asked, so that nobody sees by it what
 * its own key would not show. Answers are in this process for a while; another process, or this one started again, does not know them.
 */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import { lakeReports, type LakeReportCost } from '../../activities/lake-reports';
import { SluiceError } from '../../contract/errors';
import type { LakeQueries } from '../../contract/lake-question';
import type { ReportNumbers } from '../../stores/reports';
import { Problem, problemOfError } from './problems';
import { route, type AnyRoute } from './route';

export interface AskedOfLake {
  readonly report: string;
  readonly from: string;
  readonly to: string;
  readonly merchant: string | null;
  readonly payment_method: string | null;
}

export interface LakeQuery {
  readonly id: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  readonly askedAt: string;
  step: string;
  body: unknown;
  problem: Problem | null;
  cost: LakeReportCost;
}

const AT_ONCE = 2;
const WAITING_AT_MOST = 20;
/** Answers that are over and kept for whoever asked. */
const KEPT = 200;
const MINUTE_MS = 60_000;

const ID = z.string().regex(/^[A-Za-z0-9_-]{10,1800}$/).meta({ description: 'Of the Location of a 202', example: 'W10xMjM0NTY' });

export const ACCEPTED = z.object({ query: z.string(), state: z.enum(['waiting', 'running', 'done', 'failed']), asked_at: z.string(), href: z.string() });

const QUERY = ACCEPTED.extend({
  step: z.string().meta({ description: 'What it is at' }), engine: z.string(), scanned_bytes: z.number(), dollars: z.number().meta({ description: 'At list price' }),
  answer: z.record(z.string(), z.unknown()).nullable().meta({ description: 'When it is done: the same as the report’s own answer' }),
  problem: z.object({ type: z.string(), detail: z.string() }).nullable(),
});

/** The same question within the same minute is one. */
export function idOf(asked: AskedOfLake, now: Date): string {
  const { report, from, to, merchant, payment_method: method } = asked;
  return Buffer.from(JSON.stringify([report, from, to, merchant, method, Math.floor(now.getTime() / MINUTE_MS)])).toString('base64url');
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

export class LakeAsked {
  private readonly queries = new Map<string, LakeQuery>();
  private readonly waiting: (() => Promise<void>)[] = [];
  private readonly ending = new AbortController();
  private running = 0;

  constructor(private readonly lake: LakeQueries, private readonly log: Logger) {}

  get engine(): string {
    return this.lake.engine;
  }

  find(id: string): LakeQuery | undefined {
    return this.queries.get(id);
  }

  ask(id: string, compute: (numbers: ReportNumbers) => Promise<unknown>): LakeQuery {
    const known = this.queries.get(id);
    if (known !== undefined && known.state !== 'failed') return known;
    if (this.waiting.length >= WAITING_AT_MOST) throw new Problem('unavailable', 'Too many questions to the lake wait already; ask again in some minutes');
    const query: LakeQuery = { id, state: 'waiting', askedAt: new Date().toISOString(), step: '', body: null, problem: null, cost: { scannedBytes: 0, dollars: 0 } };
    this.queries.delete(id);
    this.queries.set(id, query);
    this.forget();
    this.waiting.push(() => this.run(query, compute));
    this.next();
    return query;
  }

  close(): void {
    this.waiting.length = 0;
    this.ending.abort(new Error('the API is stopping'));
  }

  private next(): void {
    while (this.running < AT_ONCE) {
      const begin = this.waiting.shift();
      if (begin === undefined) return;
      this.running += 1;
      void begin().finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  private async run(query: LakeQuery, compute: (numbers: ReportNumbers) => Promise<unknown>): Promise<void> {
    query.state = 'running';
    const askedAs = createHash('sha256').update(`${query.id} ${query.askedAt}`).digest('hex');
    const numbers = lakeReports(this.lake, { askedAs, signal: this.ending.signal, progress: (step) => { query.step = step; } }, (cost) => {
      query.cost = { scannedBytes: query.cost.scannedBytes + cost.scannedBytes, dollars: query.cost.dollars + cost.dollars };
    });
    try {
      query.body = await compute(numbers);
      query.state = 'done';
    } catch (error) {
      query.problem = (error instanceof SluiceError ? problemOfError(error) : null) ?? new Problem('internal', 'Something of ours failed; the log knows what');
      query.state = 'failed';
      if (!this.ending.signal.aborted) this.log.error({ query: query.id, error: (error as Error).message }, 'a question to the lake failed');
    }
  }

  /** The oldest that are over. */
  private forget(): void {
    for (const [id, { state }] of this.queries) {
      if (this.queries.size <= KEPT) return;
      if (state === 'done' || state === 'failed') this.queries.delete(id);
    }
  }
}

export function queryRoutes(asked: LakeAsked): readonly AnyRoute[] {
  return [route({
    method: 'GET', path: '/queries/{id}', tag: 'reports', scope: 'reports:read',
    summary: 'A question to the lake that was answered by 202: where it stands, and its answer',
    params: z.strictObject({ id: ID }), answer: QUERY, problems: ['not-found'],
    handle: ({ params, caller }) => {
      const query = asked.find(params.id);
      if (query === undefined || (caller.merchantId !== null && merchantOfId(params.id) !== caller.merchantId)) {
        throw new Problem('not-found', 'There is no such question here; ask the report again', 'id');
      }
      return Promise.resolve({
        body: {
          ...acceptedOf(query), step: query.step, engine: asked.engine, scanned_bytes: query.cost.scannedBytes, dollars: query.cost.dollars,
          answer: query.body as Record<string, unknown> | null, problem: query.problem === null ? null : { type: `/docs#${query.problem.problem}`, detail: query.problem.detail },
        },
      });
    },
  })];
}
