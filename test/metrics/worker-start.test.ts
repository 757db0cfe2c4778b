import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { HourBench, stopped } from '../support/hour-bench';

let bench: HourBench;
let holder: Server;

beforeAll(async () => {
  bench = await HourBench.open();
  holder = createServer();
  await new Promise<void>((resolve) => { holder.listen(0, resolve); });
});

afterAll(async () => {
  await bench.close();
  await new Promise((resolve) => { holder.close(resolve); });
});

test('a worker whose metrics port is taken names the setting and ends', async () => {
  const child = bench.startWorker({ SLUICE_METRICS_PORT: String((holder.address() as AddressInfo).port) });
  const code = await new Promise<number | null>((resolve) => { child.once('exit', resolve); });
  expect(code).toBe(1);
  expect(bench.wholeLog()).toContain('Set SLUICE_METRICS_PORT to another port');
}, 30_000);

test('a worker that is told to stop says so and ends with 0', async () => {
  const child = bench.startWorker();
  while (!bench.wholeLog().includes('worker is up')) await new Promise((resolve) => setTimeout(resolve, 50));
  const over = new Promise<number | null>((resolve) => { child.once('exit', resolve); });
  await stopped(child, 'SIGTERM');
  expect(await over).toBe(0);
  expect(bench.wholeLog()).toContain('worker is down');
}, 30_000);
