import { randomBytes } from 'node:crypto';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readConfiguration } from '../../contract/configuration';
import { resolveSecrets } from '../../stores/secrets';

const configuration = readConfiguration(process.env);
const client = new SecretsManagerClient({ region: configuration.SLUICE_AWS_REGION, endpoint: configuration.SLUICE_AWS_ENDPOINT! });
afterAll(() => client.destroy());
const name = `sluice/${randomBytes(4).toString('hex')}`;
const PASSWORD = 'hidden-password-of-the-test';
beforeAll(async () => {
  await client.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify({ kafka: PASSWORD, port: 5432, nested: {} }) }));
  await client.send(new CreateSecretCommand({ Name: `${name}-plain`, SecretString: PASSWORD }));
});

test('a setting may stand in Secrets Manager, whole or as a key of its JSON; the others stay as they are', async () => {
  const resolved = await resolveSecrets({
    ...process.env, SLUICE_KAFKA_PASSWORD: `secretsmanager:${name}#kafka`, SLUICE_CODEC_SERVER_TOKEN: `secretsmanager:${name}-plain`, PORT: `secretsmanager:${name}#port`,
  });
  expect(resolved).toMatchObject({ SLUICE_KAFKA_PASSWORD: PASSWORD, PORT: '5432', SLUICE_AWS_ENDPOINT: configuration.SLUICE_AWS_ENDPOINT });
  expect(readConfiguration({ ...resolved, PORT: undefined }).SLUICE_CODEC_SERVER_TOKEN).toBe(PASSWORD);
});

test('without references nothing is asked of AWS', async () => {
  const environment = { SLUICE_AWS_ENDPOINT: 'http://127.0.0.1:1', X: 'y' };
  expect(await resolveSecrets(environment)).toBe(environment);
});

test.each([
  ['a secret that is not there', `secretsmanager:${name}-other`, /no such secret.*SLUICE_KAFKA_PASSWORD/],
  ['a key that is not there', `secretsmanager:${name}#other`, /no such key.*SLUICE_KAFKA_PASSWORD/],
  ['a key with no plain value', `secretsmanager:${name}#nested`, /no plain value.*SLUICE_KAFKA_PASSWORD/],
  ['a key of a secret that is not JSON', `secretsmanager:${name}-plain#kafka`, /not JSON.*SLUICE_KAFKA_PASSWORD/],
  ['no name', 'secretsmanager:', /names no secret.*SLUICE_KAFKA_PASSWORD/],
])('%s: the error names the setting and shows no value', async (_what, value, message) => {
  const error = await resolveSecrets({ ...process.env, SLUICE_KAFKA_PASSWORD: value }).then(() => null, (reason: Error) => reason);
  expect(error?.message).toMatch(message);
  expect(error).toMatchObject({ kind: 'configuration' });
  expect(`${error?.message}${error?.stack}${String(error?.cause)}`).not.toContain(PASSWORD);
});

test('Secrets Manager out of reach is worth another try', async () => {
  await expect(resolveSecrets({ ...process.env, SLUICE_AWS_ENDPOINT: 'http://127.0.0.1:1', SLUICE_KAFKA_PASSWORD: `secretsmanager:${name}` }))
    .rejects.toMatchObject({ kind: 'transient' });
});
