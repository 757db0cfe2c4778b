import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { readConfiguration } from '../../contract/configuration';
import { identityOf, isAlive } from '../../scripts/setup/process-identity';
import { clusterId } from '../../scripts/stack/kafka-broker';
import { readState, writeState } from '../../scripts/stack/state';
import { stackStatus } from '../../scripts/stack/status';
import { forgetData, startStack, stopStack, type Stack } from '../../scripts/stack/stack';
import { quiet } from './quiet';

function lakeOf(stack: Stack): S3Client {
  const { environment } = stack;
  return new S3Client({
    endpoint: environment.SLUICE_S3_ENDPOINT!, region: environment.SLUICE_AWS_REGION!, forcePathStyle: true,
    credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID!, secretAccessKey: environment.AWS_SECRET_ACCESS_KEY! },
  });
}

async function inDatabase<T>(stack: Stack, sql: string): Promise<readonly T[]> {
  const client = new Client({ connectionString: stack.environment.SLUICE_POSTGRES_OWNER_URL! });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

test('a cluster id of Kafka never begins with a dash, which its tool would take for an option', () => {
  const ids = [Buffer.alloc(16, 0xf8), Buffer.alloc(16, 0xfb), Buffer.alloc(16, 1)];
  expect(ids[0]!.toString('base64url').startsWith('-')).toBe(true);
  expect(clusterId(() => ids.shift()!)).toBe('AQEBAQEBAQEBAQEBAQEBAQ');
});

describe('a stack beside another one', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-stack-'));
  const start = (): Promise<Stack> => startStack({ stateDir, ports: 'free', terminal: quiet });
  let stack: Stack;

  afterAll(async () => {
    await stopStack(stateDir);
    forgetData(stateDir);
    rmSync(stateDir, { recursive: true });
  });

  test('comes up well without the data of earlier starts, with settings that Sluice takes as they are and only its owner may read', async () => {
    const old = ['demo.json', join('s3', 'objects', 'wallet-lake', 'old')].map((name) => join(stateDir, name));
    for (const path of old) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'of an earlier start');
    }
    stack = await startStack({ stateDir, ports: 'free', terminal: quiet, fresh: true });
    expect(existsSync(old[0]!)).toBe(false);
    expect(existsSync(old[1]!)).toBe(false);
    expect(readConfiguration(stack.environment)).toMatchObject({ SLUICE_KAFKA_REPLICATION: 1, SLUICE_LAKE_BUCKET: 'wallet-lake' });
    const parts = await stackStatus(stateDir);
    expect(parts.map(({ name, health, detail }) => [name, health, detail])).toEqual(
      ['postgres', 's3', 'aws', 'kafka', 'temporal'].map((name) => [name, 'well', null]),
    );
    expect(statSync(join(stateDir, 'stack.json')).mode & 0o077).toBe(0);
    expect(statSync(join(stateDir, 'secrets.json')).mode & 0o077).toBe(0);
  });

  test('is not started twice', async () => {
    const state = readState(stateDir)!;
    writeState(stateDir, { ...state, owner: identityOf(process.ppid)! });
    await expect(start()).rejects.toThrow(`the stack of this checkout is up already (pid ${process.ppid})`);
    writeState(stateDir, state);
  });

  test('whose owner was killed is stopped by the next one that comes, without leaving a process, and its data stay', async () => {
    await inDatabase(stack, 'CREATE TABLE kept AS SELECT 42::int AS answer');
    await lakeOf(stack).send(new PutObjectCommand({ Bucket: 'wallet-lake', Key: 'kept', Body: 'kept' }));
    const companion = stack.accompany({
      name: 'worker', about: 'a worker', version: '1', command: 'sleep', args: ['600'], environment: {}, graceMs: 1_000,
    });
    const before = readState(stateDir)!;
    expect(before.parts.map(({ name }) => name)).toContain('worker');
    writeState(stateDir, { ...before, owner: { pid: process.pid, startedAt: 'before it was killed' } });

    stack = await start();

    expect([...before.parts, companion].filter(isAlive)).toEqual([]);
    expect(await inDatabase(stack, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    const object = await lakeOf(stack).send(new GetObjectCommand({ Bucket: 'wallet-lake', Key: 'kept' }));
    expect(await object.Body!.transformToString()).toBe('kept');
  });

  test('says which part has died, with the last lines of its log', async () => {
    process.kill(readState(stateDir)!.parts.find(({ name }) => name === 'aws')!.pid, 'SIGKILL');
    expect((await stack.died).message).toMatch(/^aws ended with SIGKILL\. Its last lines:\n[^]*Running on http/);
    expect((await stackStatus(stateDir)).find(({ name }) => name === 'aws')).toMatchObject({ health: 'down', pid: null });
  });

  test('is stopped by `down`, and nothing of it goes on', async () => {
    const { parts } = readState(stateDir)!;
    expect(await stopStack(stateDir)).toBe(true);
    expect(parts.filter(isAlive)).toEqual([]);
    expect(readState(stateDir)).toBeNull();
    expect(await stopStack(stateDir)).toBe(false);
  });
});
