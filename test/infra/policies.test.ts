/** The policies in infra/: each right named, on something named, and every call that the stores make among them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: { readonly Service: string };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

/** What a deployment puts in: docs/deploy-it.md names them. */
const PLACES = ['REGION', 'ACCOUNT_ID', 'LAKE_BUCKET', 'KMS_KEY_ID', 'GLUE_DATABASE', 'GLUE_REGISTRY', 'GLUE_CRAWLER', 'GLUE_JOB', 'EMR_APPLICATION_ID', 'JOB_ROLE', 'NIGHTLY_JOB_ROLE', 'ERASURE_SECRET'];

const names = readdirSync(join(ROOT, 'infra')).filter((name) => name.endsWith('.json'));
const read = (name: string): Policy => JSON.parse(readFileSync(join(ROOT, 'infra', name), 'utf8')) as Policy;
const policies = names.filter((name) => read(name).Statement !== undefined);

const OURS = ['worker.json', 'worker-glue.json', 'worker-emr-serverless.json', 'job-glue.json', 'job-emr-serverless.json', 'job-emr-nightly.json', 'job-glue-trust.json', 'job-emr-serverless-trust.json', 'producer.json'];

test('there is a policy for every role', () => {
  expect(policies).toEqual(expect.arrayContaining(OURS));
});

test.each(policies)('%s allows only rights that it names, on things that it names', (name) => {
  const { Version, Statement } = read(name);
  expect(Version).toBe('2012-10-17');
  expect(new Set(Statement.map(({ Sid }) => Sid)).size).toBe(Statement.length);
  for (const { Sid, Effect, Action, Resource, Principal } of Statement) {
    expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
    expect(Effect).toBe('Allow');
    expect([Action].flat().filter((action) => !/^[a-z0-9-]+:[A-Z][A-Za-z]+$/.test(action))).toEqual([]);
    if (Principal === undefined) expect([Resource!].flat().filter((resource) => !/^arn:aws:[a-z0-9-]+:/.test(resource) || /^arn:aws:[a-z0-9-]+:[^:]*:[^:]*:\*$/.test(resource))).toEqual([]);
    // A role may be handed on to one service only.
    if ([Action].flat().includes('iam:PassRole')) expect(Statement.find((statement) => statement.Sid === Sid)!.Condition!.StringEquals).toHaveProperty(['iam:PassedToService']);
  }
});

test.each(OURS)('%s has no place to fill in but those that the deployment knows', (name) => {
  const text = readFileSync(join(ROOT, 'infra', name), 'utf8');
  expect([...text.matchAll(/\b[A-Z][A-Z_]{3,}\b/g)].map(([place]) => place).filter((place) => !PLACES.includes(place))).toEqual([]);
});

test('a job may write staging and nothing else, and a producer may only land', () => {
  const written = (name: string): readonly string[] => read(name).Statement.filter(({ Action }) => [Action].flat().some((action) => /^s3:(Put|Delete)/.test(action))).flatMap(({ Resource }) => [Resource!].flat());
  expect(written('job-glue.json')).toEqual(['arn:aws:s3:::LAKE_BUCKET/staging/*']);
  expect(written('job-emr-serverless.json')).toEqual(['arn:aws:s3:::LAKE_BUCKET/staging/*']);
  expect(written('job-emr-nightly.json')).toEqual(['arn:aws:s3:::LAKE_BUCKET/staging/nightly/*']);
  expect(written('producer.json')).toEqual(['arn:aws:s3:::LAKE_BUCKET/raw/payments/*']);
});

test('a job reads what it is for: one that curates no curated payments, one of the night nothing raw', () => {
  const named = (name: string): string => JSON.stringify(read(name).Statement.filter(({ Action }) => [Action].flat().some((action) => action.startsWith('s3:'))));
  for (const name of ['job-glue.json', 'job-emr-serverless.json']) expect(named(name)).not.toContain('curated');
  expect(named('job-emr-nightly.json')).not.toContain('raw');
});

test('a job that curates may read the one secret of the erasure key, and one of the night none', () => {
  const secrets = (name: string): readonly string[] => read(name).Statement.filter(({ Action }) => [Action].flat().some((action) => action.startsWith('secretsmanager:'))).flatMap(({ Resource }) => [Resource!].flat());
  for (const name of ['job-glue.json', 'job-emr-serverless.json']) expect(secrets(name)).toEqual(['arn:aws:secretsmanager:REGION:ACCOUNT_ID:secret:ERASURE_SECRET-*']);
  expect(secrets('job-emr-nightly.json')).toEqual([]);
});

/** Where the right has another name than the call. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  HeadObject: ['s3:GetObject'], CopyObject: ['s3:GetObject', 's3:PutObject'], DeleteObjects: ['s3:DeleteObject', 's3:DeleteObjectVersion'], HeadBucket: ['s3:ListBucket'],
  ListObjectsV2: ['s3:ListBucket'], ListObjectVersions: ['s3:ListBucketVersions'], GetBucketVersioning: ['s3:GetBucketVersioning'], GetObject: ['s3:GetObject', 's3:GetObjectVersion'],
};

test.each([
  ['stores/lake.ts', 's3', 'worker.json', ['CreateBucket']],
  ['stores/catalog.ts', 'glue', 'worker.json', []],
  ['stores/crawler.ts', 'glue', 'worker.json', []],
  ['stores/schema-registry.ts', 'glue', 'worker.json', []],
  ['stores/secrets.ts', 'secretsmanager', 'worker.json', []],
  ['stores/glue-job-runs.ts', 'glue', 'worker-glue.json', []],
  ['stores/emr-job-runs.ts', 'emr-serverless', 'worker-emr-serverless.json', []],
] as const)('every call of %s is a right (%s) of %s', (file, service, name, notGiven) => {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const calls = [...new Set([...source.matchAll(/new ([A-Z][A-Za-z0-9]+)Command\(/g)].map(([, call]) => call!))].filter((call) => !(notGiven as readonly string[]).includes(call));
  expect(calls.length).toBeGreaterThan(0);
  const given = read(name).Statement.flatMap(({ Action }) => Action);
  expect(calls.flatMap((call) => RIGHTS[call] ?? [`${service}:${call}`]).filter((right) => !given.includes(right))).toEqual([]);
});
