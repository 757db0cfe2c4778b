/** Tickets lie in the lake: whoever is killed with one in the hand, or sleeps on it, holds up nobody for ever and starts nothing twice. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfiguration } from '../../contract/configuration';
import { StartTickets } from '../../engines/remote/start-tickets';
import { openLake, type Lake } from '../../stores/lake';

const PATIENCE_MS = 300;
let lake: Lake;
let prefix: string;
beforeAll(() => { lake = openLake(readConfiguration(process.env)); });
beforeEach(() => { prefix = `staging/tickets-${randomUUID()}/`; });
afterEach(async () => lake.remove((await lake.list(prefix)).map(({ key }) => key)));
afterAll(() => lake.close());

const attempt = (): StartTickets => new StartTickets(lake, prefix, PATIENCE_MS);

test('of many attempts at once one may start, and may again where its start was refused', async () => {
  const attempts = Array.from({ length: 8 }, attempt);
  const first = await Promise.all(attempts.map((each) => each.mayStart()));
  expect(first.filter(Boolean)).toHaveLength(1);
  expect(await Promise.all(attempts.map((each) => each.mayStart()))).toEqual(first);
});

test('one that never starts is overtaken by one of those that wait, and starts nothing when it wakes', async () => {
  const [sleeper, ...waiting] = Array.from({ length: 4 }, attempt);
  expect(await sleeper!.mayStart()).toBe(true);
  expect(await Promise.all(waiting.map((each) => each.mayStart()))).toEqual([false, false, false]);
  await sleep(PATIENCE_MS + 20);
  expect((await Promise.all(waiting.map((each) => each.mayStart()))).filter(Boolean)).toHaveLength(1);
  expect(await sleeper!.mayStart()).toBe(false);
});

test('a ticket that was given back is the next one’s at once', async () => {
  const [first, second] = [attempt(), attempt()];
  await first.mayStart();
  await second.giveBack();
  expect(await second.mayStart()).toBe(false);
  await first.giveBack();
  expect(await second.mayStart()).toBe(true);
});
