/**
 * AWS with its bad days: a proxy before the emulator that throttles, lets credentials expire, loses answers, and decides how the runs
 * of a job go on: the emulator's own are through at once, having done nothing. Every other call goes through to it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { InterposedServer, targetOf } from '../support/interposed-server';

const OF_THE_CONNECTION = ['host', 'connection', 'content-length', 'transfer-encoding', 'expect'];

/** As both services know them, each in its own word. */
export type ScriptedState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'timed_out' | 'stopped' | 'gone';

export interface StartedRun {
  readonly id: string;
  /** what it was started with, as the service's own JSON has it */
  readonly request: Readonly<Record<string, unknown>>;
}

export type Fault =
  /** refused with this error; nothing happens at the service */
  | { readonly refuse: string; readonly status?: number }
  /** the service does it, and the answer never comes */
  | 'lose the answer';

const GLUE_WORDS: Readonly<Record<ScriptedState, string>> = {
  waiting: 'STARTING', running: 'RUNNING', succeeded: 'SUCCEEDED', failed: 'FAILED', timed_out: 'TIMEOUT', stopped: 'STOPPED', gone: '',
};
const EMR_WORDS: Readonly<Record<ScriptedState, string>> = {
  waiting: 'PENDING', running: 'RUNNING', succeeded: 'SUCCESS', failed: 'FAILED', timed_out: 'CANCELLED', stopped: 'CANCELLED', gone: '',
};
/** Two workers of 4 vCPU and 16 GB for 63 seconds: the emulator's runs use nothing. */
const USED = { vCPUHour: 0.14, memoryGBHour: 0.56, storageGBHour: 0 };
const REASONS: Readonly<Partial<Record<ScriptedState, string>>> = { failed: 'the executor was lost', timed_out: 'Job run timed out' };

export class InterposedAws extends InterposedServer {
  readonly started: StartedRun[] = [];
  /** by name of the call: what becomes of the next ones, one after the other */
  readonly faults: Record<string, Fault[]> = {};
  /** how a run stands, by its id; what is not named is as `otherwise` says */
  readonly states = new Map<string, ScriptedState>();
  otherwise: ScriptedState = 'running';
  /** waited for before a call reaches the service */
  before: (call: string) => Promise<void> = () => Promise.resolve();
  /** called when a run was started, before whoever started it hears of it; as AWS's own machines would work */
  onStart: (run: StartedRun) => void = () => undefined;

  protected nameOf(request: IncomingMessage): string {
    return callOf(request);
  }

  protected async serve(call: string, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    await this.before(call);
    const fault = this.faults[call]?.shift();
    if (fault !== undefined && fault !== 'lose the answer') {
      response.writeHead(fault.status ?? 400, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': fault.refuse })
        .end(JSON.stringify({ __type: fault.refuse, message: `${fault.refuse}, says the test` }));
      return;
    }
    try {
      const answer = await this.answer(call, request, body);
      if (fault === 'lose the answer') request.socket.destroy();
      else response.writeHead(answer.status, { 'content-type': answer.type, ...answer.headers }).end(answer.body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }

  private async answer(call: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
    // The emulator knows no way to stop a run of Glue.
    if (call === 'BatchStopJobRun') {
      const { JobRunIds: ids } = JSON.parse(body.toString()) as { readonly JobRunIds: readonly string[] };
      ids.forEach((id) => this.states.set(id, 'stopped'));
      return json({ SuccessfulSubmissions: ids.map((id) => ({ JobRunId: id })), Errors: [] });
    }
    if (call === 'CancelJobRun') this.states.set(request.url!.split('/').at(-1)!.split('?')[0]!, 'stopped');
    const kept = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name))) as Record<string, string>;
    const answer = await fetch(`${this.emulator}${request.url}`, {
      method: request.method!, headers: kept, ...(request.method === 'GET' || request.method === 'DELETE' ? {} : { body: new Uint8Array(body) }),
    });
    const text = await answer.text();
    const errorType = answer.headers.get('x-amzn-errortype');
    const passed: Answer = {
      status: answer.status, type: answer.headers.get('content-type') ?? 'application/json', body: text, headers: errorType === null ? {} : { 'x-amzn-errortype': errorType },
    };
    if (answer.status !== 200) return passed;
    if (call === 'StartJobRun') {
      const told = JSON.parse(text) as { readonly JobRunId?: string; readonly jobRunId?: string };
      const run = { id: (told.JobRunId ?? told.jobRunId)!, request: JSON.parse(body.toString()) as Record<string, unknown> };
      this.started.push(run);
      this.onStart(run);
    }
    if (['GetJobRun', 'GetJobRuns', 'ListJobRuns'].includes(call)) return this.scripted(JSON.parse(text) as Runs, passed);
    return passed;
  }

  private scripted(told: Runs, passed: Answer): Answer {
    const known = <Run extends GlueRun & EmrRun>(run: Run): Run => {
      const glue = run.Id !== undefined;
      const state = this.states.get(run.Id ?? run.jobRunId ?? run.id!) ?? this.otherwise;
      const reason = REASONS[state];
      return glue
        ? { ...run, JobRunState: GLUE_WORDS[state], ...(reason === undefined ? {} : { ErrorMessage: reason }) }
        : { ...run, state: EMR_WORDS[state], stateDetails: reason ?? '', totalResourceUtilization: USED, billedResourceUtilization: USED };
    };
    const isGone = (run: GlueRun & EmrRun): boolean => this.states.get(run.Id ?? run.jobRunId ?? run.id!) === 'gone';
    const one = told.JobRun ?? told.jobRun;
    if (one !== undefined && isGone(one)) {
      const name = told.JobRun === undefined ? 'ResourceNotFoundException' : 'EntityNotFoundException';
      return { status: 400, type: 'application/x-amz-json-1.1', body: JSON.stringify({ __type: name, message: 'no such run' }), headers: { 'x-amzn-errortype': name } };
    }
    return {
      ...passed,
      body: JSON.stringify({
        ...told,
        ...(told.JobRun === undefined ? {} : { JobRun: known(told.JobRun) }),
        ...(told.jobRun === undefined ? {} : { jobRun: known(told.jobRun) }),
        ...(told.JobRuns === undefined ? {} : { JobRuns: told.JobRuns.filter((run) => !isGone(run)).map(known) }),
        ...(told.jobRuns === undefined ? {} : { jobRuns: told.jobRuns.filter((run) => !isGone(run)).map(known) }),
      }),
    };
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface GlueRun {
  readonly Id?: string;
}

interface EmrRun {
  readonly id?: string;
  readonly jobRunId?: string;
}

interface Runs {
  readonly JobRun?: GlueRun & EmrRun;
  readonly jobRun?: GlueRun & EmrRun;
  readonly JobRuns?: readonly (GlueRun & EmrRun)[];
  readonly jobRuns?: readonly (GlueRun & EmrRun)[];
}

function json(value: unknown): Answer {
  return { status: 200, type: 'application/x-amz-json-1.1', body: JSON.stringify(value), headers: {} };
}

/** Glue names its calls in a header, EMR Serverless by method and path. */
function callOf(request: IncomingMessage): string {
  const target = targetOf(request);
  if (target !== null) return target;
  const { method, url } = request;
  const path = url!.split('?')[0]!;
  if (/^\/applications\/[^/]+\/jobruns$/.test(path)) return method === 'POST' ? 'StartJobRun' : 'ListJobRuns';
  if (/^\/applications\/[^/]+\/jobruns\/[^/]+$/.test(path)) return method === 'DELETE' ? 'CancelJobRun' : 'GetJobRun';
  return `${method} ${path}`;
}
