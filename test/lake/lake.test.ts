import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../contract/configuration';
import { openLake, type Lake } from '../../stores/lake';

const prefix = `test/${randomUUID()}/`;
let lake: Lake;
let folder: string;

beforeAll(async () => {
  lake = openLake(readConfiguration(process.env));
  await lake.ensureBucket();
  folder = await mkdtemp(join(tmpdir(), 'sluice-lake-'));
});

afterAll(async () => {
  await lake.remove((await lake.list(prefix)).map(({ key }) => key));
  lake.close();
  await rm(folder, { recursive: true });
});

test('of two swaps with one ETag, one wins and the other is fenced', async () => {
  const key = `${prefix}swap`;
  const etag = await lake.put(key, 'first', { ifAbsent: true });
  const outcomes = await Promise.allSettled([lake.put(key, 'left', { ifMatch: etag }), lake.put(key, 'right', { ifMatch: etag })]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find((outcome) => outcome.status === 'rejected')).toMatchObject({ reason: { kind: 'fenced', on: key } });
});

test('an object that must not exist yet is not overwritten', async () => {
  const key = `${prefix}once`;
  await lake.put(key, 'first', { ifAbsent: true });
  await expect(lake.put(key, 'second', { ifAbsent: true })).rejects.toMatchObject({ kind: 'fenced' });
  expect((await lake.readText(key))?.text).toBe('first');
});

test('an object overwritten since it was listed is a stale manifest, and so is one that is gone', async () => {
  const key = `${prefix}changing`;
  await lake.put(key, 'listed');
  const [listed] = await lake.list(key);
  await lake.put(key, 'changed');
  await expect(lake.download(listed!, join(folder, 'changed'))).rejects.toMatchObject({ kind: 'manifest_stale', on: key });
  await lake.remove([key]);
  await expect(lake.download(listed!, join(folder, 'gone'))).rejects.toMatchObject({ kind: 'manifest_stale' });
});

test('more objects than one page are all listed, in the order of their keys', async () => {
  const keys = Array.from({ length: 1203 }, (_, i) => `${prefix}many/${String(i).padStart(5, '0')}`);
  const file = join(folder, 'one');
  await writeFile(file, 'x');
  await lake.putFiles(keys.map((key) => ({ key, path: file })));
  expect((await lake.list(`${prefix}many/`)).map(({ key }) => key)).toEqual(keys);
});

test('keys with the characters that a merchant may have are written, copied and read as they are', async () => {
  const from = `${prefix}from/merchant_id=a:b@c.d-e_f/x+y z%41.parquet`;
  const to = `${prefix}to/merchant_id=a:b@c.d-e_f/x+y z%41.parquet`;
  await lake.put(from, 'rows');
  await lake.copyAll([{ from, to }]);
  expect((await lake.readText(to))?.text).toBe('rows');
});

test('downloads land in numbered files, whatever the key says', async () => {
  await lake.put(`${prefix}dots/a`, 'one');
  const [path] = await lake.downloadAll([{ key: `${prefix}dots/a` }], join(folder, 'into'));
  expect(path).toBe(join(folder, 'into', '0'));
  expect(await readFile(path!, 'utf8')).toBe('one');
});

test('with a key configured, every write asks for SSE-KMS', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    request.resume();
    request.on('end', () => {
      const isCopy = request.headers['x-amz-copy-source'] !== undefined;
      response.writeHead(200, { etag: '"e"', 'content-type': 'application/xml' });
      response.end(isCopy ? '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>' : '');
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const encrypting = openLake(readConfiguration({
    ...process.env, SLUICE_KMS_KEY_ID: 'alias/payments', SLUICE_S3_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }));
  try {
    const file = join(folder, 'secret');
    await writeFile(file, 'x');
    await encrypting.put('a', 'x');
    await encrypting.putFile('b', file);
    await encrypting.copyAll([{ from: 'a', to: 'c' }]);
    expect(seen).toHaveLength(3);
    for (const headers of seen) {
      expect(headers).toMatchObject({ 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': 'alias/payments' });
    }
  } finally {
    encrypting.close();
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  }
});
