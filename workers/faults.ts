/**
 * Kills this worker at an activity's boundary, for the tests that show what a crash there costs. Off unless SLUICE_FAULTS_FILE
 * names a file of faults; each fault happens once.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../contract/errors';

export interface Fault {
  readonly activity: string;
  /** absent: of any hour */
  readonly landingHour?: string;
  readonly when: 'before' | 'after' | 'error';
}

export interface Faults {
  /** Does not return when the fault is that the process dies here. */
  at(activity: string, landingHour: string | undefined, when: 'before' | 'after'): Promise<void>;
}

const NONE: Faults = { at: async () => undefined };

export function createFaults(path: string | undefined): Faults {
  if (path === undefined || path === '') return NONE;
  return {
    async at(activity, landingHour, when) {
      const fault = await take(path, (candidate) => candidate.activity === activity
        && (candidate.landingHour === undefined || candidate.landingHour === landingHour)
        && (candidate.when === when || (candidate.when === 'error' && when === 'before')));
      if (fault === undefined) return;
      if (fault.when === 'error') {
        throw new SluiceError({ kind: 'transient', what: 'a fault was asked for', on: activity, fields: { fault } });
      }
      process.kill(process.pid, 'SIGKILL');
      await sleep(60_000);
    },
  };
}

/** Renaming claims the file: of two workers only one takes a fault, and it is gone from the file before it happens. */
async function take(path: string, wanted: (fault: Fault) => boolean): Promise<Fault | undefined> {
  const mine = `${path}.${process.pid}`;
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      renameSync(path, mine);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await sleep(5);
      continue;
    }
    const faults = JSON.parse(readFileSync(mine, 'utf8')) as Fault[];
    const index = faults.findIndex(wanted);
    if (index >= 0) writeFileSync(mine, JSON.stringify(faults.filter((_fault, i) => i !== index)));
    // Written while we held it: the newer list stands.
    if (!existsSync(path)) renameSync(mine, path);
    return faults[index];
  }
  return undefined;
}
