import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertFree, DEFAULT_PORTS, freePorts, portsAt, reservePorts, STACK_PORTS, type PortName } from '../../scripts/stack/ports';

const WANTS = Object.fromEntries(STACK_PORTS.map((name) => [name, `the ${name} part`])) as Record<PortName, string>;

describe('ports of the stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ports-'));
  afterAll(() => { rmSync(folder, { recursive: true }); });

  test('a taken port is named with who has it, who wants it, and the setting that changes it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const taken = (server.address() as AddressInfo).port;
    try {
      const ports = { ...await freePorts(), kafka: taken };
      await expect(assertFree(ports, WANTS)).rejects.toThrow(
        new RegExp(`port ${taken} is taken by \\S+ \\(pid ${process.pid}\\); the kafka part wants it \\(SLUICE_PORT_KAFKA\\)`),
      );
    } finally {
      server.close();
    }
  });

  test('a port taken on all addresses counts as taken too', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const taken = (server.address() as AddressInfo).port;
    try {
      await expect(assertFree({ ...await freePorts(), s3: taken }, WANTS)).rejects.toThrow(`port ${taken} is taken`);
    } finally {
      server.close();
    }
  });

  test('free ports are accepted', async () => {
    await expect(assertFree(await freePorts(), WANTS)).resolves.toBeUndefined();
  });

  test('checkouts side by side have ports of their own, the same at each start', async () => {
    const cache = join(folder, 'cache');
    const states = Array.from({ length: 12 }, (_, i) => join(folder, `checkout-${i}`, '.sluice'));
    const reserved = [];
    for (const state of states) {
      mkdirSync(state, { recursive: true });
      reserved.push(await reservePorts(cache, state, {}));
    }
    expect(reserved[0]!.ports).toEqual(DEFAULT_PORTS);
    const all = reserved.flatMap(({ ports }) => Object.values(ports));
    expect(new Set(all).size).toBe(all.length);
    expect(await reservePorts(cache, states[5]!, {})).toEqual(reserved[5]);
  });

  test('the ports of a checkout that is gone are given again', async () => {
    const cache = join(folder, 'cache-of-gone');
    await reservePorts(cache, join(folder, 'gone'), {});
    expect((await reservePorts(cache, folder, {})).ports).toEqual(DEFAULT_PORTS);
  });

  test('one port or all of them are set from the environment', async () => {
    expect(portsAt(0, { SLUICE_PORT_S3: '7171' })).toEqual({ ...DEFAULT_PORTS, s3: 7171 });
    const { ports } = await reservePorts(join(folder, 'cache'), folder, { SLUICE_PORT_OFFSET: '20000' });
    expect(ports.kafka).toBe(29092);
    expect(() => portsAt(0, { SLUICE_PORT_S3: 'seven' })).toThrow('"seven" is not a port (SLUICE_PORT_S3)');
  });
});
