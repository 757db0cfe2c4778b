import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOf, stackEnvironment } from '../../scripts/stack/environment';
import { DEFAULT_PORTS } from '../../scripts/stack/ports';
import { stackSecrets, writeState } from '../../scripts/stack/state';

describe('settings of a running stack', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-environment-'));
  const secrets = stackSecrets(stateDir);
  const environment = environmentOf({ ports: DEFAULT_PORTS, secrets, settings: {} });

  beforeAll(() => {
    writeState(stateDir, { owner: { pid: 1, startedAt: '' }, ports: DEFAULT_PORTS, parts: [], environment, folders: [] });
  });
  afterAll(() => { rmSync(stateDir, { recursive: true }); });

  test('are found by every command', () => {
    expect(stackEnvironment({ SLUICE_STATE_DIR: stateDir })).toMatchObject(environment);
  });

  test('give way to those of the caller', () => {
    expect(stackEnvironment({ SLUICE_STATE_DIR: stateDir, SLUICE_KAFKA_TOPIC: 'mine', TEMPORAL_ADDRESS: 'cloud:7233' }))
      .toMatchObject({ SLUICE_KAFKA_TOPIC: 'mine', TEMPORAL_ADDRESS: 'cloud:7233', SLUICE_S3_ENDPOINT: environment.SLUICE_S3_ENDPOINT });
  });

  test('do not carry the key of a real AWS account to the local lake', () => {
    const real = { AWS_ACCESS_KEY_ID: 'AKIAREAL', AWS_SECRET_ACCESS_KEY: 'real', AWS_SESSION_TOKEN: 'real', AWS_PROFILE: 'work' };
    const merged = stackEnvironment({ SLUICE_STATE_DIR: stateDir, ...real });
    expect(merged.AWS_ACCESS_KEY_ID).toBe(secrets.s3AccessKey);
    expect(merged.AWS_SECRET_ACCESS_KEY).toBe(secrets.s3SecretKey);
    expect(merged.AWS_SESSION_TOKEN).toBeUndefined();
    expect(merged.AWS_PROFILE).toBeUndefined();
    expect(stackEnvironment({ SLUICE_STATE_DIR: stateDir, ...real, SLUICE_S3_ENDPOINT: 'https://s3.example.com' }).AWS_ACCESS_KEY_ID).toBe('AKIAREAL');
  });

  test('are the caller’s own where no stack is up', () => {
    expect(stackEnvironment({ SLUICE_STATE_DIR: join(stateDir, 'none'), A: 'b' })).toEqual({ SLUICE_STATE_DIR: join(stateDir, 'none'), A: 'b' });
  });

  test('passwords are as old as the data', () => {
    expect(stackSecrets(stateDir)).toEqual(secrets);
  });
});
