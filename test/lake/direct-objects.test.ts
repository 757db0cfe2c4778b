/** Objects asked for with one plain request each: what goes right is not asked again, and whatever does not is asked by AWS' client. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from '@node-rs/crc32';
import type { Lake } from '../../stores/lake';
import { serving } from './served-lake';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const SMALL = Buffer.from('rows');
const LARGE = Buffer.alloc(3 * 1024 * 1024, 'row');
const COPIED = '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>';

/** What went where, in the order in which it came. */
let asked: string[];
let folder: string;
let closing: () => Promise<void>;

beforeEach(async () => {
  asked = [];
  folder = await mkdtemp(join(tmpdir(), 'sluice-direct-'));
});

afterEach(async () => {
  await closing();
  await rm(folder, { recursive: true });
});

function checksumOf(content: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(content));
  return bytes.toString('base64');
}

function right(content: Buffer): Answer {
  return (response, request) => {
    if (request.method === 'GET') response.writeHead(200, { 'content-length': content.length, 'x-amz-checksum-crc32': checksumOf(content) }).end(content);
    else response.writeHead(200, { etag: '"e"' }).end(request.headers['x-amz-copy-source'] === undefined ? '' : COPIED);
  };
}

/** AWS' client is answered rightly; `direct`: what the others are answered. The lake has asked once, so that it knows its place. */
async function lakeWith(direct: Answer, content = SMALL): Promise<Lake> {
  const { lake, close } = await serving((request, response) => {
    const byClient = request.headers['amz-sdk-request'] !== undefined;
    request.resume().once('end', () => {
      asked.push(`${byClient ? 'client' : 'direct'} ${request.method}`);
      (byClient ? right(content) : direct)(response, request);
    });
  });
  closing = close;
  await lake.put('first', 'x');
  asked = [];
  return lake;
}

async function readBack(lake: Lake): Promise<Buffer> {
  const path = join(folder, 'back');
  await lake.download({ key: 'a b/c+d%41' }, path);
  return readFile(path);
}

async function putSmall(lake: Lake): Promise<string> {
  const path = join(folder, 'small');
  await writeFile(path, SMALL);
  return lake.putFile('a b/c+d%41', path);
}

test('what goes right is asked once', async () => {
  const lake = await lakeWith(right(SMALL));
  expect(await putSmall(lake)).toBe('"e"');
  await lake.copyAll([{ from: 'a', to: 'b' }]);
  expect(await readBack(lake)).toEqual(SMALL);
  expect(asked).toEqual(['direct PUT', 'direct PUT', 'direct GET']);
});

test('a large object is read in one piece after the other', async () => {
  const lake = await lakeWith(right(LARGE), LARGE);
  expect((await readBack(lake)).equals(LARGE)).toBe(true);
  expect(asked).toEqual(['direct GET']);
});

test('before the client was seen to ask, it is the client that asks', async () => {
  const { lake, close } = await serving((request, response) => {
    asked.push(request.headers['amz-sdk-request'] === undefined ? 'direct' : 'client');
    right(SMALL)(response, request);
  });
  closing = close;
  await readBack(lake);
  await readBack(lake);
  expect(asked).toEqual(['client', 'direct']);
});

test('what carries a condition is left to the client', async () => {
  const lake = await lakeWith(right(SMALL));
  const path = join(folder, 'small');
  await writeFile(path, SMALL);
  await lake.putFile('a', path, undefined, { ifMatch: '"e"' });
  await lake.download({ key: 'a', etag: '"e"' }, path);
  await lake.download({ key: 'a', versionId: 'v' }, path);
  expect(asked).toEqual(['client PUT', 'client GET', 'client GET']);
});

const FAILURES: readonly (readonly [string, Answer])[] = [
  ['is refused', (response) => { response.writeHead(503, { 'content-length': 6, etag: '"none"' }).end('<none>'); }],
  ['is not there', (response) => { response.writeHead(404, { 'content-length': 6, etag: '"none"' }).end('<none>'); }],
  ['breaks off', (response) => { response.destroy(); }],
];

test.each(FAILURES)('where it %s, the client asks', async (_how, failing) => {
  const lake = await lakeWith(failing);
  expect(await putSmall(lake)).toBe('"e"');
  await lake.copyAll([{ from: 'a', to: 'b' }]);
  expect(await readBack(lake)).toEqual(SMALL);
  expect(asked).toEqual(['direct PUT', 'client PUT', 'direct PUT', 'client PUT', 'direct GET', 'client GET']);
});

test('a copy that fails on its way is made by the client', async () => {
  const lake = await lakeWith((response) => { response.writeHead(200).end('<Error><Code>InternalError</Code></Error>'); });
  await lake.copyAll([{ from: 'a', to: 'b' }]);
  expect(asked).toEqual(['direct PUT', 'client PUT']);
});

const DAMAGED: readonly (readonly [string, (content: Buffer) => Answer])[] = [
  ['is another one than its checksum says', (content) => (response) => {
    response.writeHead(200, { 'content-length': content.length, 'x-amz-checksum-crc32': checksumOf(content) }).end(Buffer.from(content).fill('x', 1, 2));
  }],
  ['ends early', (content) => (response) => {
    response.writeHead(200, { 'content-length': content.length, 'x-amz-checksum-crc32': checksumOf(content) });
    response.write(content.subarray(0, content.length / 2), () => { response.destroy(); });
  }],
  ['does not say how long it is', (content) => (response) => { response.writeHead(200, { 'x-amz-checksum-crc32': checksumOf(content) }).end(content); }],
  ['has the checksum of its parts', (content) => (response) => {
    response.writeHead(200, { 'content-length': content.length, 'x-amz-checksum-crc32': `${checksumOf(content)}-2` }).end(content);
  }],
  ['has a checksum of another kind', (content) => (response) => {
    response.writeHead(200, { 'content-length': content.length, 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }).end(content);
  }],
];

test.each(DAMAGED.flatMap(([how, of]) => [['small', how, of, SMALL], ['large', how, of, LARGE]] as const))(
  'a %s object that %s is read by the client', async (_size, _how, of, content) => {
    const lake = await lakeWith(of(content), content);
    expect((await readBack(lake)).equals(content)).toBe(true);
    expect(asked).toEqual(['direct GET', 'client GET']);
  },
);

test('whoever gives up is not asked again for', async () => {
  const giving = new AbortController();
  const lake = await lakeWith(() => { giving.abort(); });
  await expect(lake.download({ key: 'a' }, join(folder, 'none'), giving.signal)).rejects.toThrow();
  expect(asked).toEqual(['direct GET']);
});
