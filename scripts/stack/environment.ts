/** The settings of the running local stack, under those of the caller's own environment. */
import { readConfiguration, SETTINGS, type Configuration } from '../../contract/configuration';
import { resolveSecrets } from '../../stores/secrets';
import { stateDir } from '../setup/platform';
import { postgresUrl } from './postgres-server';
import type { Ports } from './ports';
import { readState, type Secrets } from './state';

export interface EnvironmentSource {
  readonly ports: Ports;
  readonly secrets: Secrets;
  /** the caller's: some parts must agree with them */
  readonly settings: NodeJS.ProcessEnv;
}

const HOST = '127.0.0.1';

export function environmentOf({ ports, secrets, settings }: EnvironmentSource): Readonly<Record<string, string>> {
  const chosen = (name: string, fallback: string): string => {
    const value = settings[name];
    return value === undefined || value === '' ? fallback : value;
  };
  return {
    TEMPORAL_ADDRESS: `${HOST}:${ports.temporal}`,
    TEMPORAL_NAMESPACE: 'default',
    AWS_ACCESS_KEY_ID: secrets.s3AccessKey,
    AWS_SECRET_ACCESS_KEY: secrets.s3SecretKey,
    // The SDK would ask the cloud's metadata service first, and wait for it.
    AWS_EC2_METADATA_DISABLED: 'true',
    SLUICE_AWS_REGION: chosen('SLUICE_AWS_REGION', SETTINGS.SLUICE_AWS_REGION.fallback),
    SLUICE_LAKE_BUCKET: chosen('SLUICE_LAKE_BUCKET', SETTINGS.SLUICE_LAKE_BUCKET.fallback),
    SLUICE_S3_ENDPOINT: `http://${HOST}:${ports.s3}`,
    SLUICE_AWS_ENDPOINT: `http://${HOST}:${ports.aws}`,
    SLUICE_KAFKA_BROKERS: `${HOST}:${ports.kafka}`,
    SLUICE_KAFKA_REPLICATION: '1',
    SLUICE_KAFKA_MIN_INSYNC: '1',
    SLUICE_POSTGRES_OWNER_URL: postgresUrl('owner', secrets, ports.postgres),
    SLUICE_POSTGRES_LOADER_URL: postgresUrl('loader', secrets, ports.postgres),
    SLUICE_POSTGRES_READER_URL: postgresUrl('reader', secrets, ports.postgres),
    SLUICE_METRICS_PORT: chosen('SLUICE_METRICS_PORT', String(ports.metrics)),
    SLUICE_API_PORT: chosen('SLUICE_API_PORT', String(ports.api)),
    SLUICE_TEMPORAL_UI: chosen('SLUICE_TEMPORAL_UI', `http://${HOST}:${ports.temporal_ui}`),
    SLUICE_CODEC_SERVER_PORT: chosen('SLUICE_CODEC_SERVER_PORT', String(ports.codec_server)),
  };
}

/** Where the lake is the stack's own, a key of the user's real account opens nothing there and must not travel there. */
const KEYS_OF_THE_LAKE = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
const OTHER_LOGINS = ['AWS_SESSION_TOKEN', 'AWS_PROFILE'] as const;

export function stackEnvironment(own: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string | undefined>> {
  const stack = readState(stateDir(own))?.environment;
  if (stack === undefined) return own;
  const set = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && value !== ''));
  const merged: Record<string, string | undefined> = { ...stack, ...set };
  if (merged.SLUICE_S3_ENDPOINT === stack.SLUICE_S3_ENDPOINT) {
    for (const name of KEYS_OF_THE_LAKE) merged[name] = stack[name];
    for (const name of OTHER_LOGINS) merged[name] = undefined;
  }
  return merged;
}

/** Also settles it for this process: the AWS SDK and Temporal's own settings read process.env by themselves. */
export async function stackConfiguration(): Promise<Configuration> {
  const environment = stackEnvironment();
  // Before the secrets: Secrets Manager is asked with the credentials of this environment.
  settle(environment);
  const resolved = await resolveSecrets(environment);
  const configuration = readConfiguration(resolved);
  settle(resolved);
  return configuration;
}

function settle(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
