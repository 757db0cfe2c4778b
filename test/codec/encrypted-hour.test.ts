import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { hourWorkflowId } from '../../contract/landing-hour';
import { connectTemporal } from '../../stores/temporal';
import { freshHour, HourBench, line } from '../support/hour-bench';

let bench: HourBench;
beforeAll(async () => {
  bench = await HourBench.open({ SLUICE_CODEC_KEY: randomBytes(32).toString('base64'), SLUICE_CODEC_KEY_ID: 'of-the-test' });
  bench.startWorker();
});
afterAll(() => bench.close());

test('with a key an hour is proven as ever, and Temporal keeps nothing of its inputs and results that can be read', async () => {
  const hour = freshHour();
  await bench.land(hour, 'a.json', `${line(hour, {})}\n`);
  expect(await bench.ask(hour, { by: 'jane.doe' })).toMatchObject({ state: 'proven' });

  const withoutKey = new Client({ connection: bench.client.connection, namespace: bench.client.options.namespace });
  const { events } = await withoutKey.workflow.getHandle(hourWorkflowId(hour)).fetchHistory();
  const started = events!.find((event) => event.workflowExecutionStartedEventAttributes != null)!.workflowExecutionStartedEventAttributes!;
  const [input] = started.input!.payloads!;
  expect(Buffer.from(input!.metadata!.encoding!).toString()).toBe('binary/encrypted');
  expect(Buffer.from(input!.metadata!['encryption-key-id']!).toString()).toBe('of-the-test');
  const bytes = payloadBytes(events);
  expect(bytes.length).toBeGreaterThan(20);
  const words = ['jane.doe', 'waitFor', 'stagingPrefix', 'sumRowHash', 'asked for by'];
  expect(words.filter((word) => bytes.some((data) => data.includes(word)))).toEqual([]);
});

test('a client without the key is told which one is missing', async () => {
  const hour = freshHour();
  await bench.land(hour, 'a.json', `${line(hour, {})}\n`);
  await bench.ask(hour);
  const client = await connectTemporal({ ...bench.configuration, SLUICE_CODEC_KEY: undefined }, bench.environment);
  try {
    await expect(client.workflow.getHandle(hourWorkflowId(hour)).result()).rejects.toThrow(/"of-the-test".*SLUICE_CODEC_KEY/);
  } finally {
    await client.connection.close();
  }
});

/** The bytes of every payload of a history, wherever it hangs. */
function payloadBytes(value: unknown): readonly Buffer[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof Uint8Array) return [Buffer.from(value)];
  return Object.values(value).flatMap(payloadBytes);
}
