import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freshHour, HourBench } from '../support/hour-bench';

let bench: HourBench;
let server: Server;
const told: Record<string, unknown>[] = [];
let refuse = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => {
      if (refuse > 0) {
        refuse -= 1;
        response.writeHead(503).end();
        return;
      }
      told.push(JSON.parse(body) as Record<string, unknown>);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  bench = await HourBench.open({ SLUICE_ALARM_WEBHOOK: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-token` });
  bench.startWorker();
});

afterAll(async () => {
  await bench.close();
  await new Promise((resolve) => { server.close(resolve); });
});

test('a missing hour is told to the webhook, also when it refuses at first, and the address stays out of the log', async () => {
  const hour = freshHour();
  refuse = 1;
  expect(await bench.ask(hour)).toMatchObject({ state: 'missing' });
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(told).toEqual([expect.objectContaining({ landingHour: hour, state: 'missing', text: expect.stringContaining(`${hour} is missing`) })]);
  expect(bench.wholeLog()).toContain(`ALARM ${hour} is missing`);
  expect(bench.wholeLog()).not.toContain('secret-token');
});
