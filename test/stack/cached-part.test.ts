import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cachedPart, type SetupContext } from '../../scripts/setup/cached-part';
import { identityOf } from '../../scripts/setup/process-identity';
import { Terminal } from '../../scripts/terminal';

describe('a part in the cache', () => {
  let cache: string;
  let said: string[];
  let context: SetupContext;

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
    said = [];
    const stderr = { write: (text: string) => said.push(text) } as unknown as NodeJS.WriteStream;
    context = { cache, terminal: new Terminal(false, process.stdout, stderr) };
  });
  afterEach(() => { rmSync(cache, { recursive: true }); });

  const lockOf = (owner: unknown): void => {
    mkdirSync(join(cache, 'locks'), { recursive: true });
    writeFileSync(join(cache, 'locks', 'tool-1.lock'), JSON.stringify(owner));
  };

  test('is made once by two set-ups at the same time', async () => {
    let made = 0;
    const make = async (folder: string): Promise<void> => {
      made += 1;
      await sleep(300);
      writeFileSync(join(folder, 'binary'), 'whole');
    };
    const folders = await Promise.all([1, 2, 3].map(() => cachedPart(context, 'tool', 'tool-1', make)));
    expect(made).toBe(1);
    expect(new Set(folders).size).toBe(1);
    expect(readFileSync(join(folders[0]!, 'binary'), 'utf8')).toBe('whole');
  });

  test('that failed half way is not there, and is made anew the next time', async () => {
    const broken = cachedPart(context, 'tool', 'tool-1', (folder) => {
      writeFileSync(join(folder, 'binary'), 'half');
      return Promise.reject(new Error('the network went away'));
    });
    await expect(broken).rejects.toThrow('the network went away');
    expect(existsSync(join(cache, 'tool-1'))).toBe(false);
    const folder = await cachedPart(context, 'tool', 'tool-1', (making) => {
      writeFileSync(join(making, 'binary'), 'whole');
      return Promise.resolve();
    });
    expect(readFileSync(join(folder, 'binary'), 'utf8')).toBe('whole');
  });

  test('waits for the set-up of another process, says for which, and takes over when that one is killed', async () => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    lockOf(identityOf(other.pid!));
    mkdirSync(join(cache, `tool-1.making-${other.pid}`));
    let done = false;
    const part = cachedPart(context, 'tool', 'tool-1', () => Promise.resolve()).then(() => { done = true; });
    await sleep(500);
    expect(done).toBe(false);
    expect(said.join('')).toContain(`another set-up (pid ${other.pid}) is at it`);
    other.kill('SIGKILL');
    await part;
    expect(readdirSync(cache).filter((name) => name.includes('.making-'))).toEqual([]);
  });

  test('is not kept from anyone by the lock of a process whose pid belongs to another one now', async () => {
    lockOf({ pid: process.pid, startedAt: 'long ago' });
    await cachedPart(context, 'tool', 'tool-1', () => Promise.resolve());
    expect(existsSync(join(cache, 'tool-1'))).toBe(true);
  });
});
