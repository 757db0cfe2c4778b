/** Hands work to whichever lane is free. */
import type { Lane } from './lane';

export class Lanes {
  private readonly free: Lane[];
  private readonly waiting: ((lane: Lane) => void)[] = [];

  constructor(readonly all: readonly Lane[]) {
    this.free = [...all];
  }

  async acquire(): Promise<Lane> {
    const lane = this.free.pop();
    return lane ?? new Promise((resolve) => this.waiting.push(resolve));
  }

  release(lane: Lane): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free.push(lane);
    else next(lane);
  }

  /** Runs `work` for each item, as many at once as there are lanes; the first failure is the answer. */
  async each<T>(items: readonly T[], work: (lane: Lane, item: T) => Promise<void>): Promise<void> {
    const left = [...items];
    await Promise.all(this.all.map(async (lane) => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(lane, item);
    }));
  }
}
