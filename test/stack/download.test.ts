import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download } from '../../scripts/setup/download';
import { freePorts } from '../../scripts/stack/ports';

const FILE = randomBytes(300_000);
const DIGEST = createHash('sha512').update(FILE).digest('hex');

describe('a download', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-download-'));
  const asked: (string | undefined)[] = [];
  let server: Server;
  let url: string;
  /** bytes after which the next answer breaks off */
  let cutAfter: number | null = null;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.headers.range);
      if (request.url === '/none') {
        response.writeHead(404).end();
        return;
      }
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (from >= FILE.length) {
        response.writeHead(416).end();
        return;
      }
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': FILE.length - from });
      if (cutAfter === null) {
        response.end(FILE.subarray(from));
      } else {
        response.write(FILE.subarray(from, from + cutAfter), () => setTimeout(() => response.destroy(), 50));
        cutAfter = null;
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => { asked.length = 0; });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  test('that is interrupted goes on where it stopped', async () => {
    const path = join(folder, 'interrupted');
    cutAfter = 100_000;
    await download({ url: `${url}/file`, path, algorithm: 'sha512', digest: DIGEST });
    expect(readFileSync(path).equals(FILE)).toBe(true);
    expect(asked[0]).toBeUndefined();
    expect(asked[1]).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test('that an earlier start left half done goes on where that one stopped', async () => {
    const path = join(folder, 'half');
    writeFileSync(`${path}.part`, FILE.subarray(0, 123_456));
    await download({ url: `${url}/file`, path, algorithm: 'sha512', digest: DIGEST });
    expect(asked).toEqual(['bytes=123456-']);
    expect(readFileSync(path).equals(FILE)).toBe(true);
  });

  test('that an earlier start finished, but for the last step, is not asked for again from its beginning', async () => {
    const path = join(folder, 'whole');
    writeFileSync(`${path}.part`, FILE);
    await download({ url: `${url}/file`, path, algorithm: 'sha512', digest: DIGEST });
    expect(asked).toEqual([`bytes=${FILE.length}-`]);
    expect(readFileSync(path).equals(FILE)).toBe(true);
  });

  test('with the wrong checksum is refused, and nothing of it stays', async () => {
    const path = join(folder, 'forged');
    const expected = DIGEST.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    await expect(download({ url: `${url}/file`, path, algorithm: 'sha512', digest: expected })).rejects.toMatchObject({
      kind: 'data', message: expect.stringContaining(`sha512 ${DIGEST} instead of ${expected}`) as string,
    });
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  test('of a file that is there already asks nobody', async () => {
    const path = join(folder, 'there');
    writeFileSync(path, FILE);
    await download({ url: 'http://127.0.0.1:1/file', path, algorithm: 'sha512', digest: DIGEST });
    expect(asked).toEqual([]);
  });

  test('that does not exist fails at once and names the address', async () => {
    await expect(download({ url: `${url}/none`, path: join(folder, 'none'), algorithm: 'sha512', digest: DIGEST }))
      .rejects.toThrow(`the server answered 404 (${url}/none)`);
    expect(asked).toHaveLength(1);
  });

  test('without a network fails with the reason, not with "fetch failed"', async () => {
    const { temporal: closed } = await freePorts();
    await expect(download({ url: `http://127.0.0.1:${closed}/file`, path: join(folder, 'offline'), algorithm: 'sha512', digest: DIGEST }))
      .rejects.toThrow('the download failed: fetch failed (connect ECONNREFUSED');
  });
});
