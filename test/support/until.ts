/** Waits for what comes in its own time and cannot be listened for; what does not come is said by name. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOKS_MS = 50;

export interface Patience {
  readonly ms?: number;
  /** what is known of it when it did not come */
  readonly told?: () => string;
}

export async function until(what: string, met: () => boolean | Promise<boolean>, { ms = 20_000, told }: Patience = {}): Promise<void> {
  const giveUp = Date.now() + ms;
  while (!(await met())) {
    if (Date.now() > giveUp) throw new Error(`not within ${ms / 1000} s: ${what}${told === undefined ? '' : `\n${told()}`}`);
    await sleep(Math.min(LOOKS_MS, ms / 100));
  }
}
