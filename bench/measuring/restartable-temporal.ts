/** A Temporal server of one's own beside the stack's, on a file, that may be killed: it is started again and goes on where it was. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { setUp } from '../../scripts/setup/set-up';
import { freePorts } from '../../scripts/stack/ports';
import { SEARCH_ATTRIBUTE_FLAGS, TEMPORAL_PACE } from '../../scripts/stack/parts';
import type { Stack } from '../../scripts/stack/stack';
import { Terminal } from '../../scripts/terminal';

const HOST = '127.0.0.1';
const NAME = 'temporal-of-the-soak';
const UP_WITHIN_MS = 60_000;

export interface RestartableTemporal {
  readonly address: string;
  /** resolves when it answers again */
  restart(): Promise<void>;
}

export async function startRestartableTemporal(stack: Stack): Promise<RestartableTemporal> {
  const { temporal: command } = await setUp(new Terminal(true));
  const ports = await freePorts();
  const address = `${HOST}:${ports.temporal}`;
  const folder = join(stack.stateDir, NAME);
  mkdirSync(folder, { recursive: true });
  stack.accompany({
    name: NAME, about: 'Temporal', version: '', command, environment: {}, graceMs: 10_000,
    args: ['server', 'start-dev', '--ip', HOST, '--port', String(ports.temporal), '--headless', '--db-filename', join(folder, 'temporal.db'), ...TEMPORAL_PACE,
      '--log-level', 'error', ...SEARCH_ATTRIBUTE_FLAGS.flatMap((flag) => ['--search-attribute', flag])],
  });
  await untilAnswers(address);
  return {
    address,
    async restart() {
      process.kill(stack.parts.find(({ name }) => name === NAME)!.pid, 'SIGTERM');
      await sleep(2_000);
      await untilAnswers(address);
    },
  };
}

async function untilAnswers(address: string): Promise<void> {
  const giveUp = Date.now() + UP_WITHIN_MS;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '5 seconds' });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > giveUp) throw error;
      await sleep(500);
    }
  }
}
