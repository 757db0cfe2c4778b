import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isAlive } from '../../scripts/setup/process-identity';
import { lastLines, launch, stopProcess } from '../../scripts/stack/processes';

describe('processes of the stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-processes-'));
  afterAll(() => { rmSync(folder, { recursive: true }); });

  const run = (name: string, script: string) => launch({
    command: 'bash', args: ['-c', script], cwd: folder, log: join(folder, `${name}.log`),
  });

  test('one that listens to SIGTERM ends by itself and is heard to', async () => {
    const { identity, ended } = run('listens', 'trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done');
    await sleep(200);
    await stopProcess(identity, 'SIGTERM', 5_000);
    expect(await ended).toBe('ended with exit code 0');
    expect(lastLines(join(folder, 'listens.log'))).toContain('bye');
  });

  test('one that does not listen is killed after its grace, with its children', async () => {
    const { identity } = run('deaf', 'trap "" TERM; sleep 300 & echo $!; wait; sleep 300');
    await sleep(300);
    const child = identityOf(Number(readFileSync(join(folder, 'deaf.log'), 'utf8').trim()))!;
    expect(isAlive(child)).toBe(true);
    await stopProcess(identity, 'SIGTERM', 300);
    await sleep(100);
    expect(isAlive(identity)).toBe(false);
    expect(isAlive(child)).toBe(false);
  });

  test('a stranger who has the pid of one of ours now is left alone', async () => {
    const { identity } = run('stranger', 'sleep 300');
    await stopProcess({ pid: identity.pid, startedAt: 'another time' }, 'SIGTERM', 100);
    expect(isAlive(identity)).toBe(true);
    await stopProcess(identity, 'SIGTERM', 1_000);
    expect(isAlive(identity)).toBe(false);
  });

  test('a program that is missing is an error, not a silence', () => {
    expect(() => launch({ command: join(folder, 'none'), args: [], cwd: folder, log: join(folder, 'none.log') })).toThrow(/none/);
  });
});
