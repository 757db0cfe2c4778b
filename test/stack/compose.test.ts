import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfiguration } from '../../contract/configuration';
import { environmentOf } from '../../scripts/stack/environment';
import { BROKER_SETTINGS } from '../../scripts/stack/kafka-broker';
import { SEARCH_ATTRIBUTE_FLAGS, stackParts, TEMPORAL_PACE } from '../../scripts/stack/parts';
import { DEFAULT_PORTS, type PortName } from '../../scripts/stack/ports';
import { stackSecrets } from '../../scripts/stack/state';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const root = join(__dirname, '..', '..');
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly 'x-settings': Readonly<Record<string, string>>;
};
const { services } = compose;
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

const IMAGES: Readonly<Record<string, (version: string) => string>> = {
  temporal: (version) => `temporalio/temporal:${version}`,
  kafka: (version) => `apache/kafka:${version}`,
  s3: (version) => `ghcr.io/versity/versitygw:v${version}`,
  aws: (version) => `motoserver/moto:${version}`,
  postgres: (version) => `postgres:${version.replace(/\.0$/, '')}`,
};

describe('docker-compose.yml', () => {
  test.each(stackParts().map((part) => [part.name, part] as const))('runs the same %s as the stack', (name, part) => {
    expect(services[name]?.image).toBe(IMAGES[name]!(part.version));
    expect(services[name]?.healthcheck?.test.length).toBeGreaterThan(1);
    const inside: readonly PortName[] = ['kafka_controller'];
    const published = part.ports.filter((port) => !inside.includes(port)).map((port) => `127.0.0.1:${DEFAULT_PORTS[port]}:${DEFAULT_PORTS[port]}`);
    expect(services[name]?.ports).toEqual(published);
  });

  test('publishes nothing beyond this machine', () => {
    for (const service of Object.values(services)) for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('starts Temporal with the same search attributes and the same pace', () => {
    const flags = services.temporal!.command!.filter((flag) => flag.startsWith('--search-attribute='));
    expect(flags).toEqual(SEARCH_ATTRIBUTE_FLAGS.map((flag) => `--search-attribute=${flag}`));
    expect(services.temporal!.command).toEqual(expect.arrayContaining([...TEMPORAL_PACE]));
    expect(services.temporal!.command).toContain(`--port=${DEFAULT_PORTS.temporal}`);
    expect(services.temporal!.command).toContain(`--ui-port=${DEFAULT_PORTS.temporal_ui}`);
  });

  test('sets the broker as the stack does', () => {
    // Containers need a second way in.
    const settings = Object.entries(BROKER_SETTINGS).filter(([name]) => name !== 'listener.security.protocol.map');
    const expected = Object.fromEntries(settings.map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value]));
    expect(services.kafka!.environment).toMatchObject(expected);
  });

  test('gives the worker every setting that the stack gives, and the worker takes them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-compose-'));
    const stack = environmentOf({ ports: DEFAULT_PORTS, secrets: stackSecrets(folder), settings: {} });
    rmSync(folder, { recursive: true });
    expect(Object.keys(compose['x-settings']).sort()).toEqual(Object.keys(stack).sort());
    const inCompose = services.worker!.environment!;
    for (const name of ['SLUICE_LAKE_BUCKET', 'SLUICE_AWS_REGION', 'SLUICE_KAFKA_REPLICATION', 'SLUICE_KAFKA_MIN_INSYNC', 'SLUICE_METRICS_PORT']) {
      expect(inCompose[name]).toBe(stack[name]);
    }
    expect(readConfiguration(inCompose)).toMatchObject({ SLUICE_KAFKA_BROKERS: ['kafka:19092'] });
  });

  test('starts the worker on a prepared stack, with the metrics in reach', () => {
    expect(services.worker).toMatchObject({ build: '.', command: ['worker'], ports: [`127.0.0.1:${DEFAULT_PORTS.metrics}:${DEFAULT_PORTS.metrics}`] });
    expect(services.worker!.depends_on!.prepare).toEqual({ condition: 'service_completed_successfully' });
  });
});

test('docker-compose.yml serves the API, with settings that it takes', () => {
  const { api } = services;
  expect(api).toMatchObject({ build: '.', command: ['api'], ports: [`127.0.0.1:${DEFAULT_PORTS.api}:${DEFAULT_PORTS.api}`] });
  expect(readConfiguration(api!.environment!)).toMatchObject({ SLUICE_API_HOST: '0.0.0.0', SLUICE_API_PORT: DEFAULT_PORTS.api });
});

describe('Dockerfile', () => {
  test('runs the worker without root and knows whether it is well', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).toContain(`EXPOSE ${DEFAULT_PORTS.metrics}`);
    expect(last).toContain('CMD ["worker"]');
  });
});
