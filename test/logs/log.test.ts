import { readConfiguration, type Configuration } from '../../contract/configuration';
import { SluiceError } from '../../contract/errors';
import { createLog, temporalLog, withRunFields } from '../../workers/log';

const PASSWORD = 'pa%40ss-w0rd-7';
const CODEC_KEY = Buffer.alloc(32, 7).toString('base64');
const TOKEN = 'a-very-secret-token';
const configuration: Configuration = readConfiguration({
  SLUICE_KAFKA_BROKERS: 'localhost:9092',
  SLUICE_KAFKA_PASSWORD: 'kafka-s3cret',
  SLUICE_POSTGRES_OWNER_URL: `postgres://owner:${PASSWORD}@db:5432/sluice`,
  SLUICE_POSTGRES_LOADER_URL: 'postgres://loader:loader-pw@db:5432/sluice',
  SLUICE_POSTGRES_READER_URL: 'postgres://reader:reader-pw@db:5432/sluice',
  SLUICE_CODEC_KEY: CODEC_KEY,
  SLUICE_CODEC_OLD_KEYS: `2025=${Buffer.alloc(32, 9).toString('base64')}`,
  SLUICE_CODEC_SERVER_TOKEN: TOKEN,
});
const CARD = '4111111111111111';

function logged(): { readonly log: ReturnType<typeof createLog>; readonly text: () => string; readonly lines: () => Record<string, unknown>[] } {
  let text = '';
  const log = createLog(configuration, { write: (part: string) => { text += part; } });
  return { log, text: () => text, lines: () => text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('no secret of the configuration reaches the log, wherever it is put', () => {
  const { log, text } = logged();
  const secrets = [PASSWORD, decodeURIComponent(PASSWORD), 'loader-pw', 'kafka-s3cret', CODEC_KEY, Buffer.alloc(32, 9).toString('base64'), TOKEN];
  for (const secret of secrets) {
    log.info({ detail: secret, deep: { list: [`x ${secret} y`] }, [`name ${secret}`]: 1 }, `message with ${secret}`);
    log.child({ bound: secret }).warn('bound');
    log.error({ err: new SluiceError({ kind: 'transient', what: `cannot reach ${secret}`, fields: { at: secret }, cause: new Error(`cause ${secret}`) }) }, 'failed');
  }
  for (const secret of secrets) expect(text()).not.toContain(secret);
  expect(text()).toContain('[redacted]');
});

test('secrets that no configuration knows are told by their names, URLs and headers', () => {
  const { log, text } = logged();
  log.info({ password: 'hidden1', nested: { clientSecret: 'hidden2', apiKey: 'hidden3' }, authorization: 'hidden4' }, 'named');
  log.info('connecting to postgres://me:hidden5@host/db with password=hidden6 and Authorization: Bearer hidden7');
  for (let n = 1; n <= 7; n += 1) expect(text()).not.toContain(`hidden${n}`);
  expect(text()).toContain('postgres://me:[redacted]@host/db');
});

test('card numbers are masked in messages, fields and errors', () => {
  const { log, text } = logged();
  log.info({ raw: `{"note":"${CARD}"}`, err: new Error(`line ${CARD}`) }, `saw ${CARD}`);
  expect(text()).not.toContain(CARD);
  expect(text().match(/411111[^"\d]+1111/g)?.length).toBeGreaterThanOrEqual(3);
});

test('every line written inside an activity says which run, hour, activity and attempt it belongs to', async () => {
  const { log, lines } = logged();
  await withRunFields({ landingHour: '2026-11-20T10', revision: 2, run: '2026-11-20T10-r2', activity: 'load', attempt: 3 }, async () => {
    await Promise.resolve();
    log.info('from anywhere');
  });
  log.info('outside');
  expect(lines()[0]).toMatchObject({ msg: 'from anywhere', level: 'info', run: '2026-11-20T10-r2', landingHour: '2026-11-20T10', activity: 'load', attempt: 3 });
  expect(lines()[1]).not.toHaveProperty('activity');
});

test('a workflow’s lines carry its hour, and amounts stay exact', () => {
  const { log, lines } = logged();
  temporalLog(log).warn('late', { workflowId: 'payments/2026-11-20T10', runId: 'r', cents: 9007199254740993n });
  expect(lines()[0]).toMatchObject({ level: 'warn', landingHour: '2026-11-20T10', workflowRun: 'r', cents: '9007199254740993' });
});
