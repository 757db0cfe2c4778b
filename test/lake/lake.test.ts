import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../contract/configuration';
import { openLake, type Lake } from '../../stores/lake';
import { serving } from './served-lake';

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

test.each([['small', 5_000], ['large', 3 * 1024 * 1024]])('a %s file comes back as it was', async (_size, bytes) => {
  const [there, back] = [join(folder, `there-${bytes}`), join(folder, `back-${bytes}`)];
  const content = randomBytes(bytes);
  await writeFile(there, content);
  const etag = await lake.putFile(`${prefix}file-${bytes}`, there);
  await lake.download({ key: `${prefix}file-${bytes}`, etag }, back);
  expect((await readFile(back)).equals(content)).toBe(true);
});

test.each([['small', 5_000], ['large', 3 * 1024 * 1024]])('a %s object of which only the beginning comes is an error and no shorter file', async (_size, bytes) => {
  const cutting = await serving((_request, response) => {
    response.writeHead(200, { etag: '"e"', 'content-length': bytes });
    response.write(Buffer.alloc(bytes / 2), () => { response.destroy(); });
  });
  try {
    await expect(cutting.lake.download({ key: 'cut' }, join(folder, 'cut'))).rejects.toMatchObject({ kind: 'transient', on: 'cut' });
  } finally {
    await cutting.close();
  }
});

test('a small file is sent again when its connection breaks', async () => {
  let [broken, arrived] = [0, 0];
  const breaking = await serving((request, response) => {
    if (broken < 2) {
      broken += 1;
      response.destroy();
      return;
    }
    request.on('data', (part: Buffer) => { arrived += part.length; });
    request.on('end', () => { response.writeHead(200, { etag: '"e"' }).end(); });
  });
  try {
    const file = join(folder, 'again');
    await writeFile(file, Buffer.alloc(5_000));
    expect(await breaking.lake.putFile('again', file)).toBe('"e"');
    expect([broken, arrived]).toEqual([2, 5_000]);
  } finally {
    await breaking.close();
  }
});

test('with a key configured, every write asks for SSE-KMS', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const encrypting = await serving((request, response) => {
    seen.push(request.headers);
    request.resume();
    request.on('end', () => {
      const isCopy = request.headers['x-amz-copy-source'] !== undefined;
      response.writeHead(200, { etag: '"e"', 'content-type': 'application/xml' });
      response.end(isCopy ? '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>' : '');
    });
  }, { SLUICE_KMS_KEY_ID: 'alias/payments' });
  try {
    const file = join(folder, 'secret');
    await writeFile(file, 'x');
    await encrypting.lake.put('a', 'x');
    await encrypting.lake.putFile('b', file);
    await encrypting.lake.copyAll([{ from: 'a', to: 'c' }]);
    expect(seen).toHaveLength(3);
    for (const headers of seen) {
      expect(headers).toMatchObject({ 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': 'alias/payments' });
    }
  } finally {
    await encrypting.close();
  }
});
