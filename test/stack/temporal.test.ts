import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { stackParts } from '../../scripts/stack/parts';
import { forgetData, startStack, type Stack } from '../../scripts/stack/stack';
import { quiet } from './quiet';

/** Not a deadline: gRPC's client loops for ever, and grows, on one that is over before it looks. */
function givesUpAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => { controller.abort(); }, ms);
  return controller.signal;
}

describe('the Temporal of the stack, one of its own for this', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-temporal-'));
  let stack: Stack;
  let connection: Connection;

  beforeAll(async () => {
    stack = await startStack({ stateDir, ports: 'free', terminal: quiet, parts: stackParts().filter(({ name }) => name === 'temporal') });
    connection = await Connection.connect({ address: `127.0.0.1:${stack.ports.temporal}` });
  });
  afterAll(async () => {
    await connection.close();
    await stack.stop('now');
    forgetData(stateDir);
    rmSync(stateDir, { recursive: true, force: true });
  });

  test('answers on after many askings that gave up in the middle', async () => {
    const { workflowService } = connection;
    const asked: readonly (() => Promise<unknown>)[] = [() => workflowService.describeNamespace({ namespace: 'default' }), () => workflowService.listNamespaces({ pageSize: 10 })];
    let [answered, gaveUp] = [0, 0];
    // As where the disk stands still. With version 1.34.1 of SQLite's driver it answered nobody any more after some 1,000 of them.
    for (let round = 0; round < 300; round += 1) {
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, asker) => (
        connection.withAbortSignal(givesUpAfter((round + asker) % 4), asked[asker % 2]!)
      )));
      const fulfilled = outcomes.filter(({ status }) => status === 'fulfilled').length;
      answered += fulfilled;
      gaveUp += outcomes.length - fulfilled;
    }
    // Some of both, or nothing was given up in the middle.
    expect(Math.min(answered, gaveUp)).toBeGreaterThan(20);
    await expect(connection.withDeadline(Date.now() + 10_000, asked[0]!)).resolves.toMatchObject({ namespaceInfo: { name: 'default' } });
  }, 60_000);
});
