/**
 * Work that somebody polls for: a few at once, the others wait, and more than a few that wait are refused. As long as it waits or goes on it
 * says so; what is silent has lost its process.
 */
import { Problem } from './problems';

/** Silent for longer, it is given up. */
export const SILENT_MS = 60_000;

const AT_ONCE = 2;
const WAITING_AT_MOST = 20;

export interface PolledWork {
  /** says itself how it ended, and does not throw */
  run(): Promise<void>;
  /** some times a minute, from when it is added until it has ended */
  beat(): void;
}

export class FewAtOnce {
  private readonly waiting: PolledWork[] = [];
  private readonly beats = new Map<PolledWork, NodeJS.Timeout>();
  private running = 0;

  /** `what` waits, in the refusal. Before anything of the work is written down. */
  admit(what: string): void {
    if (this.waiting.length >= WAITING_AT_MOST) throw new Problem('too-many-requests', `Too many ${what} wait already; ask again in some minutes`);
  }

  add(work: PolledWork): void {
    this.waiting.push(work);
    this.beats.set(work, setInterval(() => { work.beat(); }, SILENT_MS / 4).unref());
    this.next();
  }

  /** Nothing begins any more, and nobody says that he is at it. */
  close(): void {
    this.waiting.length = 0;
    for (const beat of this.beats.values()) clearInterval(beat);
  }

  private next(): void {
    while (this.running < AT_ONCE) {
      const work = this.waiting.shift();
      if (work === undefined) return;
      this.running += 1;
      void work.run().finally(() => {
        clearInterval(this.beats.get(work));
        this.beats.delete(work);
        this.running -= 1;
        this.next();
      });
    }
  }
}

export function isSilent(seenAt: string): boolean {
  return Date.now() - Date.parse(seenAt) > SILENT_MS;
}
