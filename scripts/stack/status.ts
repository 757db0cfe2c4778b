/** How the local stack is, asked from outside. */
import { isAlive } from '../setup/process-identity';
import { workerAnswers } from './health';
import type { PartAddress } from './part';
import { stackParts } from './parts';
import { readState, stackSecrets, type RunningPart } from './state';

export interface PartStatus {
  readonly name: string;
  readonly version: string;
  readonly pid: number | null;
  readonly address: string;
  readonly health: 'well' | 'not well' | 'down';
  readonly detail: string | null;
}

export async function stackStatus(stateDir: string): Promise<readonly PartStatus[]> {
  const state = readState(stateDir);
  if (state === null) return [];
  const address: PartAddress = { ports: state.ports, secrets: stackSecrets(stateDir), region: state.environment.SLUICE_AWS_REGION! };
  const parts = stackParts();
  const addressOf = (companion: string): string => `http://127.0.0.1:${state.environment[companion === 'api' ? 'SLUICE_API_PORT' : 'SLUICE_METRICS_PORT']!}`;
  const companions = state.parts.filter(({ name }) => !parts.some((part) => part.name === name));
  return Promise.all([
    ...parts.map((part) => statusOf(state.parts.find(({ name }) => name === part.name), part.name, part.version, part.address(address), () => part.answers(address))),
    ...companions.map((companion) => statusOf(companion, companion.name, companion.version, addressOf(companion.name), () => workerAnswers(addressOf(companion.name)))),
  ]);
}

async function statusOf(
  running: RunningPart | undefined, name: string, version: string, address: string, answers: () => Promise<void>,
): Promise<PartStatus> {
  if (running === undefined || !isAlive(running)) {
    return { name, version: running?.version ?? version, address, pid: null, health: 'down', detail: running === undefined ? null : `see ${running.log}` };
  }
  const known = { name, version: running.version, address, pid: running.pid };
  try {
    await answers();
    return { ...known, health: 'well', detail: null };
  } catch (error) {
    return { ...known, health: 'not well', detail: error instanceof Error ? error.message : String(error) };
  }
}
