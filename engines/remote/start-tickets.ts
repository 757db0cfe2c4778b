/**
 * Who may start the run of a claim, where the service takes no token: two attempts that both looked before either started would start
 * two. A ticket is an object of the lake, made before the start by one of them; the other one waits for the run to be seen. A ticket
 * whose run does not come is overtaken by the next one, and whoever was overtaken starts nothing any more.
 */
import { SluiceError } from '../../contract/errors';
import type { StartGate } from '../../contract/remote-run';
import type { LakeObjects } from './claims';

/** Longer than a start may take (stores/glue-job-runs.ts gives it up before), and than the service needs to show a run that it has started. */
const PATIENCE_MS = 60_000;

export class StartTickets implements StartGate {
  private mine = 0;
  private waiting = { ticket: 0, since: 0 };

  /** `prefix`: of the tickets of one claim. Each attempt has its own of these. */
  constructor(private readonly lake: LakeObjects, private readonly prefix: string, private readonly patienceMs: number = PATIENCE_MS) {}

  async mayStart(): Promise<boolean> {
    const newest = Math.max(0, ...(await this.lake.list(this.prefix)).map(({ key }) => Number(/^(\d+)\.json$/.exec(key.slice(this.prefix.length))?.[1] ?? 0)));
    if (newest > 0 && newest === this.mine) return true;
    if (newest > 0 && !this.isOverdue(newest)) return false;
    return this.take(newest + 1);
  }

  /** Nothing was started and nothing will be: the next attempt need not wait. */
  async giveBack(): Promise<void> {
    if (this.mine === 0) return;
    await this.lake.remove([this.keyOf(this.mine)]);
    this.mine = 0;
  }

  /** By this attempt's own clock, from when it first saw the ticket. */
  private isOverdue(ticket: number): boolean {
    if (this.waiting.ticket !== ticket) this.waiting = { ticket, since: performance.now() };
    return performance.now() - this.waiting.since >= this.patienceMs;
  }

  private async take(ticket: number): Promise<boolean> {
    try {
      await this.lake.put(this.keyOf(ticket), '{}', { ifAbsent: true });
      this.mine = ticket;
      return true;
    } catch (error) {
      if (error instanceof SluiceError && error.kind === 'fenced') return false;
      throw error;
    }
  }

  private keyOf(ticket: number): string {
    return `${this.prefix}${ticket}.json`;
  }
}
