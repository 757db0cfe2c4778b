/**
 * Settings kept in AWS Secrets Manager: a value `secretsmanager:<name or ARN>` or `…#<key of its JSON>` is replaced by the secret
 * at start, before the configuration is read. Errors name the setting and the secret, never a value.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SETTINGS } from '../contract/configuration';
import { SluiceError } from '../contract/errors';

const REFERENCE = /^secretsmanager:([^#]+)(?:#(.+))?$/;
const PREFIX = 'secretsmanager:';

export type Environment = Readonly<Record<string, string | undefined>>;

interface Reference {
  readonly setting: string;
  readonly secretId: string;
  readonly key: string | undefined;
}

export async function resolveSecrets(environment: Environment): Promise<Environment> {
  const references = Object.entries(environment)
    .filter((entry): entry is [string, string] => entry[1]?.startsWith(PREFIX) === true)
    .map(([setting, value]) => referenceOf(setting, value));
  if (references.length === 0) return environment;
  const client = new SecretsManagerClient({
    region: environment.SLUICE_AWS_REGION ?? SETTINGS.SLUICE_AWS_REGION.fallback,
    ...(environment.SLUICE_AWS_ENDPOINT === undefined || environment.SLUICE_AWS_ENDPOINT === '' ? {} : { endpoint: environment.SLUICE_AWS_ENDPOINT }),
    maxAttempts: 4,
  });
  try {
    // One call a secret: several settings are often keys of the same one.
    const texts = new Map<string, Promise<string>>();
    const resolved = await Promise.all(references.map(async (reference) => {
      const text = texts.get(reference.secretId) ?? secretText(client, reference);
      texts.set(reference.secretId, text);
      return [reference.setting, valueOf(reference, await text)] as const;
    }));
    return { ...environment, ...Object.fromEntries(resolved) };
  } finally {
    client.destroy();
  }
}

function referenceOf(setting: string, value: string): Reference {
  const [, secretId, key] = REFERENCE.exec(value) ?? [];
  if (secretId === undefined) {
    throw new SluiceError({
      kind: 'configuration', what: 'a reference to Secrets Manager names no secret', on: setting, fix: 'Write secretsmanager:<name or ARN>#<key>',
    });
  }
  return { setting, secretId, key };
}

async function secretText(client: SecretsManagerClient, { setting, secretId }: Reference): Promise<string> {
  try {
    const { SecretString: text, SecretBinary: bytes } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    return text ?? Buffer.from(bytes ?? []).toString('utf8');
  } catch (error) {
    const { name } = error as Error;
    const absent = name === 'ResourceNotFoundException';
    throw new SluiceError({
      kind: absent || /AccessDenied|Credentials|UnrecognizedClient|InvalidSignature|ExpiredToken|Decryption|InvalidRequest/.test(name) ? 'configuration' : 'transient',
      what: absent ? 'Secrets Manager has no such secret' : `Secrets Manager does not give the secret: ${name}`,
      on: `${setting}, secret ${secretId}`,
      fix: absent ? 'Create it, or correct its name and SLUICE_AWS_REGION' : 'Give this process secretsmanager:GetSecretValue on it',
      fields: { setting, secretId, code: name },
      cause: error,
    });
  }
}

function valueOf({ setting, secretId, key }: Reference, text: string): string {
  if (key === undefined) return text;
  const refuse = (what: string): never => {
    throw new SluiceError({ kind: 'configuration', what, on: `${setting}, secret ${secretId}`, fix: `Store it as JSON with the key ${JSON.stringify(key)}` });
  };
  let secret: unknown;
  try {
    secret = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, so it is not a cause to pass on.
    return refuse('the secret is not JSON');
  }
  const value = typeof secret === 'object' && secret !== null && Object.hasOwn(secret, key) ? (secret as Record<string, unknown>)[key] : undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return refuse('the secret has no such key, or no plain value at it');
}
