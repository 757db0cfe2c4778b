/** A stack for one measurement: free ports, a temporary folder, a Postgres as servers run it, gone when it is over, however it ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POSTGRES_SETTING } from '../../scripts/setup/postgres';
import { setUpServedPostgres } from '../../scripts/setup/served-postgres';
import { forgetData, startStack, type Stack } from '../../scripts/stack/stack';
import type { Terminal } from '../../scripts/terminal';

export async function withOwnStack<T>(terminal: Terminal, body: (stack: Stack) => Promise<T>): Promise<T> {
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort(new Error('interrupted')));
  let stack: Stack | undefined;
  try {
    // Set to nothing it is npm's.
    process.env[POSTGRES_SETTING] ??= await setUpServedPostgres(terminal);
    stack = await startStack({ stateDir, ports: 'free', terminal, signal: interrupt.signal });
    // What the shell is set to, an account perhaps, is not what is measured.
    Object.assign(process.env, stack.environment, { SLUICE_STATE_DIR: stateDir, SLUICE_WORK_DIR: join(stateDir, 'work') });
    for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'TEMPORAL_API_KEY', 'TEMPORAL_PROFILE']) Reflect.deleteProperty(process.env, name);
    const ended = new Promise<never>((_resolve, reject) => {
      interrupt.signal.addEventListener('abort', () => reject(interrupt.signal.reason as Error), { once: true });
    });
    const died = stack.died.then((error) => Promise.reject(error));
    return await Promise.race([body(stack), ended, died]);
  } finally {
    await stack?.stop();
    forgetData(stateDir);
    await rm(stateDir, { recursive: true, force: true });
  }
}
