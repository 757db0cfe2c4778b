/** What the stores of job runs have in common: the note of a run that the ledger keeps, and a link to a log of the console. */
import { dollarsOf, isOver, type RemoteRunNote, type RemoteState, type RemoteUse } from '../contract/remote-run';
import type { SluiceError } from '../contract/errors';
import { endedBadly, followRun, type RemoteConversation, type RemoteRun, type RemoteWatch } from './remote-run';

/** Names and clocks differ between us and the service: runs from so long before the claim are looked at too. */
export const CLOCKS_DIFFER_MS = 24 * 3_600_000;

export interface JobRun extends RemoteRun {
  readonly log: string;
  readonly use: RemoteUse;
}

export function noteOf({ id, log, use }: JobRun, attached: boolean): RemoteRunNote {
  return { externalRun: id, log, ...use, dollars: dollarsOf(use), attached };
}

/** Of runs that carry one identity (a start that was lost and came all the same): the one that is through, else one at work, else the newest. */
export function theRun<Run extends JobRun>(newestFirst: readonly Run[]): Run | null {
  return newestFirst.find(({ state }) => state === 'succeeded') ?? newestFirst.find(({ state }) => state === 'running' || state === 'waiting') ?? newestFirst[0] ?? null;
}

/** `stream`: whole, or its beginning where `filter` is set. */
export function logLink(region: string, group: string, stream: string, filter: boolean): string {
  // The console wants it encoded twice, with $ for the second %.
  const twice = (text: string): string => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
  const at = filter ? `$3FlogStreamNameFilter$3D${twice(stream)}` : `/log-events/${twice(stream)}`;
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${twice(group)}${at}`;
}

/** A service that runs jobs, and how it is spoken to about one of them. */
export interface JobService<Work> {
  readonly on: string;
  /** the setting that gives a run more time */
  readonly longer: string;
  conversation(work: Work): RemoteConversation<JobRun>;
}

export interface ToldRun {
  readonly id: string;
  readonly state: RemoteState;
  readonly note: RemoteRunNote;
  readonly problem: SluiceError | null;
}

/** As the engines want it. */
export function runsOf<Work>(service: JobService<Work>, pollMs: number) {
  const told = (run: JobRun, attached: boolean): ToldRun => ({
    id: run.id, state: run.state, note: noteOf(run, attached),
    problem: isOver(run.state) && run.state !== 'succeeded' ? endedBadly(service.on, run, run.log, service.longer) : null,
  });
  return {
    on: service.on,
    async find(work: Work, known: string | undefined): Promise<ToldRun | null> {
      const run = await service.conversation(work).find(known);
      return run === null ? null : told(run, true);
    },
    async follow(work: Work, watch: Omit<RemoteWatch, 'pollMs'>): Promise<ToldRun> {
      const { run, attached } = await followRun(service.conversation(work), { ...watch, pollMs });
      return told(run, attached);
    },
  };
}
