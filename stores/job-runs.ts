/**
 * What the services that run jobs have in common: how a run of ours is found among theirs and spoken about, the note of it that the ledger
 * keeps, and a link to a log of the console. How each of them is called is its own store's.
 */
import { dollarsOf, isOver, type RemoteRunNote, type RemoteState, type RemoteUse, type RemoteWork } from '../contract/remote-run';
import type { SluiceError } from '../contract/errors';
import { endedBadly, followRun, type RemoteConversation, type RemoteRun, type RemoteWatch } from './remote-run';

/** Names and clocks differ between us and the service: runs from so long before the claim are looked at too. */
export const CLOCKS_DIFFER_MS = 24 * 3_600_000;

/** A start that is not answered by then is lost: no attempt is still starting when another one has waited for it (engines/remote/start-tickets.ts). */
export const ANSWERED_SOON = { requestTimeout: 20_000, throwOnRequestTimeout: true } as const;

export interface JobRun extends RemoteRun {
  readonly log: string;
  readonly use: RemoteUse;
}

/** `Told`: a run as the service tells it. */
export abstract class JobRuns<Call, Told> {
  /** the setting that gives a run more time */
  readonly longer = 'SLUICE_REMOTE_TIMEOUT_MINUTES';
  /** like `Glue job sluice-curate` */
  abstract get on(): string;

  abstract close(): void;
  /** the id of the run */
  protected abstract start(work: RemoteWork<Call>): Promise<string>;
  /** null: there is no such run */
  protected abstract run(id: string): Promise<Told | null>;
  /** all runs that carry the identity, and were not started before `since` */
  protected abstract runsOf(identity: string, since: Date): Promise<readonly Told[]>;
  protected abstract stop(id: string): Promise<void>;
  protected abstract identityOf(run: Told): string | undefined;
  protected abstract startedAt(run: Told): Date | undefined;
  protected abstract seen(run: Told): JobRun;

  conversation(work: RemoteWork<Call>): RemoteConversation<JobRun> {
    return {
      on: this.on,
      find: (known) => this.find(work, known),
      start: () => this.start(work),
      look: async (id) => {
        const run = await this.run(id);
        return run === null ? null : this.seen(run);
      },
      stop: (id) => this.stop(id),
    };
  }

  private async find({ identity, claimedAt }: RemoteWork<Call>, known: string | undefined): Promise<JobRun | null> {
    if (known !== undefined) {
      const run = await this.run(known);
      if (run !== null && this.identityOf(run) === identity) return this.seen(run);
    }
    const runs = await this.runsOf(identity, new Date(Date.parse(claimedAt) - CLOCKS_DIFFER_MS));
    const newestFirst = [...runs].sort((a, b) => (this.startedAt(b)?.getTime() ?? 0) - (this.startedAt(a)?.getTime() ?? 0));
    return theRun(newestFirst.map((run) => this.seen(run)));
  }
}

export function noteOf({ id, log, use }: JobRun, attached: boolean): RemoteRunNote {
  return { externalRun: id, log, ...use, dollars: dollarsOf(use), attached };
}

/** Of runs that carry one identity (a start that was lost and came all the same): the one that is through, else one at work, else the newest. */
function theRun(newestFirst: readonly JobRun[]): JobRun | null {
  return newestFirst.find(({ state }) => state === 'succeeded') ?? newestFirst.find(({ state }) => state === 'running' || state === 'waiting') ?? newestFirst[0] ?? null;
}

/** `stream`: whole, or its beginning where `filter` is set. */
export function logLink(region: string, group: string, stream: string, filter: boolean): string {
  // The console wants it encoded twice, with $ for the second %.
  const twice = (text: string): string => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
  const at = filter ? `$3FlogStreamNameFilter$3D${twice(stream)}` : `/log-events/${twice(stream)}`;
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${twice(group)}${at}`;
}

export interface ToldRun {
  readonly id: string;
  readonly state: RemoteState;
  readonly note: RemoteRunNote;
  readonly problem: SluiceError | null;
}

/** As the engines want it. */
export function runsOf<Call, Told>(service: JobRuns<Call, Told>, pollMs: number) {
  const told = (run: JobRun, attached: boolean): ToldRun => ({
    id: run.id, state: run.state, note: noteOf(run, attached),
    problem: isOver(run.state) && run.state !== 'succeeded' ? endedBadly(service.on, run, run.log, service.longer) : null,
  });
  return {
    on: service.on,
    async find(work: RemoteWork<Call>, known: string | undefined): Promise<ToldRun | null> {
      const run = await service.conversation(work).find(known);
      return run === null ? null : told(run, true);
    },
    async follow(work: RemoteWork<Call>, watch: Omit<RemoteWatch, 'pollMs'>): Promise<ToldRun> {
      const { run, attached } = await followRun(service.conversation(work), { ...watch, pollMs });
      return told(run, attached);
    },
  };
}
