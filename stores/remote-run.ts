/**
 * A run at a service that works by itself (a Glue job, an EMR Serverless job, an Athena query): attach to the one that is there or start
 * one, follow it to its end, stop it where somebody cancels. An answer that was lost may have started a run, so after every failed start
 * the service is asked for it before it is started again. A worker's shutdown leaves the run for the retry to find.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../contract/errors';
import { isOver, type RemoteState, type StartGate } from '../contract/remote-run';
import { isCancel } from './cancellation';

export interface RemoteRun {
  readonly id: string;
  readonly state: RemoteState;
  /** the service's own word for the state */
  readonly said: string;
  /** why, where the service says so */
  readonly reason: string | null;
}

/** About one piece of work. The client's own retries are off: it would start a second run where the first answer was lost. */
export interface RemoteConversation<Run extends RemoteRun> {
  /** like `Glue job sluice-curate` */
  readonly on: string;
  /** this work's run, in whatever state; null: the service knows of none. `known`: the run that a former attempt followed */
  find(known: string | undefined): Promise<Run | null>;
  /** the id of the run */
  start(): Promise<string>;
  /** null: there is no such run */
  look(id: string): Promise<Run | null>;
  /** nothing to do where it is over */
  stop(id: string): Promise<void>;
}

export interface RemoteWatch {
  readonly signal: AbortSignal;
  /** feeds heartbeats: the next attempt reads the run's id from the last one */
  readonly progress: (progress: { readonly step: string; readonly externalRun?: string }) => void;
  /** from the heartbeat of the attempt before this one */
  readonly externalRun?: string | undefined;
  readonly pollMs?: number | undefined;
  /** where the service would start a second run for a second asker */
  readonly gate?: StartGate | undefined;
}

export interface FollowedRun<Run extends RemoteRun> {
  /** it is over, well or not */
  readonly run: Run;
  readonly attached: boolean;
}

const POLL_MS = 5_000;
/** Of one question, each after a longer pause; then the activity's own retry takes over. */
const TRIES = 8;
const LONGEST_PAUSE = 12;
/** A service may not know at once what it has just started. */
const LOOKS_BEFORE_SEEN = 6;

export async function followRun<Run extends RemoteRun>(conversation: RemoteConversation<Run>, watch: RemoteWatch): Promise<FollowedRun<Run>> {
  const { signal, progress, pollMs = POLL_MS } = watch;
  let id: string | null = null;
  try {
    const found = await patiently(watch, () => conversation.find(watch.externalRun));
    const { id: started, attached } = found === null ? await startOne(conversation, watch) : { id: found.id, attached: true };
    id = started;
    progress({ step: `${attached ? 'attached to' : 'started'} run ${id} of ${conversation.on}`, externalRun: id });
    for (let looks = 1, seen = found !== null; ; looks += 1) {
      const run: Run | null = await patiently(watch, () => conversation.look(started));
      if (run !== null && isOver(run.state)) return { run, attached };
      if (run === null && (seen || looks === LOOKS_BEFORE_SEEN)) throw vanished(conversation.on, id);
      seen ||= run !== null;
      progress({ step: `run ${id} of ${conversation.on} is ${run?.said ?? 'not to be seen yet'}`, externalRun: id });
      await sleep(pollMs, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted && isCancel(signal.reason)) await stopIt(conversation, watch, id);
    throw error;
  }
}

async function startOne<Run extends RemoteRun>(conversation: RemoteConversation<Run>, watch: RemoteWatch): Promise<{ readonly id: string; readonly attached: boolean }> {
  // A start whose answer never came may come all the same.
  let mayHaveStarted = false;
  for (let tries = 1; ; tries += 1) {
    const theirs = await startedByAnother(conversation, watch);
    if (theirs !== null) return { id: theirs.id, attached: true };
    watch.signal.throwIfAborted();
    try {
      return { id: await conversation.start(), attached: false };
    } catch (error) {
      mayHaveStarted ||= !(error instanceof SluiceError) || error.kind === 'transient';
      if (!(error instanceof SluiceError) || !error.retryable || tries === TRIES) {
        if (!mayHaveStarted) await watch.gate?.giveBack();
        throw error;
      }
      watch.progress({ step: `${conversation.on} did not start: ${error.what}` });
      await pause(watch, tries, watch.signal);
      const found = await patiently(watch, () => conversation.find(undefined));
      if (found !== null) return { id: found.id, attached: false };
    }
  }
}

/** Waits while another attempt is about to start; null: it is for this one to do. */
async function startedByAnother<Run extends RemoteRun>(conversation: RemoteConversation<Run>, watch: RemoteWatch): Promise<Run | null> {
  const { gate } = watch;
  if (gate === undefined) return null;
  for (let waited = false; ; waited = true) {
    const isOurs = await patiently(watch, () => gate.mayStart());
    if (isOurs && !waited) return null;
    // After waiting, even the one whose turn it is looks once more.
    const found = await patiently(watch, () => conversation.find(undefined));
    if (found !== null) return found;
    if (isOurs) return null;
    watch.progress({ step: `another attempt is starting the run of ${conversation.on}` });
    await pause(watch, 1, watch.signal);
  }
}

/** The run goes on whatever one question says, so a throttle or a lost answer is no reason to give the attempt up. */
async function patiently<T>(watch: RemoteWatch, question: () => Promise<T>, signal: AbortSignal | null = watch.signal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted();
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof SluiceError) || !error.retryable || tries === TRIES) throw error;
      await pause(watch, tries, signal);
    }
  }
}

/** Longer each time, and never the same for two workers: they would come back together. */
async function pause({ pollMs = POLL_MS }: RemoteWatch, tries: number, signal: AbortSignal | null): Promise<void> {
  const most = pollMs * Math.min(2 ** (tries - 1), LONGEST_PAUSE);
  await sleep(most / 2 + Math.random() * (most / 2), undefined, signal === null ? {} : { signal });
}

/** Cancelled between question and answer, only the service knows whether there is a run. */
async function stopIt<Run extends RemoteRun>(conversation: RemoteConversation<Run>, watch: RemoteWatch, known: string | null): Promise<void> {
  const id = known ?? (await patiently(watch, () => conversation.find(watch.externalRun), null))?.id;
  if (id !== undefined) await patiently(watch, () => conversation.stop(id), null);
}

function vanished(on: string, id: string): SluiceError {
  return new SluiceError({
    kind: 'transient', what: `the run ${id} is gone: the service knows of no such run`, on, fix: 'Somebody removed it, or the job. It is started anew',
    fields: { externalRun: id, state: 'vanished' },
  });
}

/** How a run that ended badly is told. `log`: where to read on; `longer`: the setting that gives it more time. */
export function endedBadly(on: string, run: RemoteRun, log: string, longer: string): SluiceError {
  const reason = run.reason === null || run.reason === '' ? '' : `: ${run.reason}`;
  const fields = { externalRun: run.id, state: run.state, log };
  switch (run.state) {
    case 'timed_out':
      return new SluiceError({ kind: 'configuration', what: `the run ${run.id} took too long and was ended${reason}`, on, fix: `Raise ${longer}, or give the job more workers; its log is ${log}`, fields });
    case 'stopped':
      return new SluiceError({ kind: 'transient', what: `somebody stopped the run ${run.id}${reason}`, on, fix: `It is started anew; to stop it for good, cancel the workflow. Its log is ${log}`, fields });
    default:
      return new SluiceError({ kind: 'transient', what: `the run ${run.id} failed (${run.said})${reason}`, on, fix: `Its log is ${log}`, fields });
  }
}
