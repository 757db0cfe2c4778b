/** `sluice tail`: what an operator sees of the topic. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { recordLine } from '../../scripts/commands/tail';
import { HOUR, OTHER_HOUR, paymentOf, TopicUnderTest } from './topic-under-test';

interface Line {
  readonly op: string;
  readonly run: string;
  readonly landingHour: string;
  readonly revision: number;
  readonly row: Readonly<Record<string, unknown>>;
}

describe('sluice tail', () => {
  const under = new TopicUnderTest('tail');
  const environment = { ...process.env, SLUICE_KAFKA_TOPIC: under.topic.name };

  beforeAll(async () => {
    await under.topic.ensure();
    await under.publish([paymentOf('a', { amount_cents: 9_007_199_254_740_993n })], { format: 'avro' });
    await under.publish([paymentOf('b')], { landingHour: OTHER_HOUR, format: 'avro', op: 'retract' });
  });
  afterAll(() => under.remove());

  const sluice = (...args: readonly string[]) => promisify(execFile)(process.execPath, ['scripts/sluice.mjs', 'tail', ...args], { env: environment });

  it('prints an hour’s records, one JSON line each, to the last cent', async () => {
    const { stdout } = await sluice('--landing-hour', HOUR, '--no-follow');
    const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as Line);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ op: 'upsert', run: `${HOUR}/r1`, landingHour: HOUR, revision: 1, row: { payment_id: 'a', amount_cents: '9007199254740993' } });
  });

  it('prints one JSON document with --json', async () => {
    const { stdout } = await sluice('--json', '--from-beginning');
    expect((JSON.parse(stdout) as Line[]).map((line) => [line.op, line.row.payment_id]).sort()).toEqual([['retract', 'b'], ['upsert', 'a']]);
  });

  it('ends in order on Ctrl-C', async () => {
    const child = spawn(process.execPath, ['scripts/sluice.mjs', 'tail', '--from-beginning'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout);
    await once(lines, 'line');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends in order when its reader has seen enough, as `| head` does', async () => {
    const child = spawn(process.execPath, ['scripts/sluice.mjs', 'tail', '--from-beginning'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
    child.stdout.destroy();
    expect([await once(child, 'exit'), said]).toEqual([[0, null], []]);
  });

  it('refuses what is not an hour as wrong usage', async () => {
    await expect(sluice('--landing-hour', 'yesterday')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('2026-11-20T10') as string });
  });

  it('masks a card number in free text and leaves instants alone', () => {
    const row = paymentOf('c', { decline_reason: 'card 4111111111111111 refused', created_at: 4_111_111_111_111_111n });
    const text = recordLine({ op: 'upsert', run: 'r', landingHour: HOUR, revision: 1, partition: 0, offset: 0n, row });
    expect(text).toContain('card 411111******1111 refused');
    expect(text).toContain('"created_at":"4111111111111111"');
  });
});
