import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BOOTSTRAP = join(__dirname, '..', '..', 'scripts', 'bootstrap.mjs');

describe('a machine that lacks something', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-prerequisites-'));
  afterAll(() => { rmSync(folder, { recursive: true }); });

  /** `npm start` with no other programs than these shell scripts */
  const start = (name: string, programs: Readonly<Record<string, string>>, mode = 'start') => {
    const bin = join(folder, name);
    mkdirSync(bin);
    for (const [program, script] of Object.entries(programs)) {
      writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, program), 0o755);
    }
    const { status, stderr, stdout } = spawnSync(process.execPath, [BOOTSTRAP, mode], { env: { PATH: bin }, encoding: 'utf8' });
    return { status, stderr, stdout };
  };

  test('is told of everything at once, with the commands that install it', () => {
    const { status, stderr, stdout } = start('bare', {});
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('Java 17 or later is needed');
    expect(stderr).toContain('sudo apt install openjdk-17-jre-headless');
    expect(stderr).toContain('brew install openjdk@17');
    expect(stderr).toContain('Python 3.10 or later is needed');
    expect(stderr).toContain('sudo apt install python3 python3-venv');
  });

  test('is told which version is too old', () => {
    const { status, stderr } = start('old', {
      java: 'echo \'openjdk version "1.8.0_392"\' >&2',
      python3: 'echo 3.9',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('Java 17 or later is needed for Kafka; this is 8.');
    expect(stderr).toContain('Python 3.10 or later is needed for the AWS emulator; this is 3.9.');
  });

  test('needs a browser for the tests only', () => {
    const programs = { java: 'echo \'openjdk version "21.0.2" 2024-01-16\' >&2', python3: 'case "$*" in *ensurepip*) exit 1;; *) echo 3.12;; esac' };
    expect(start('without-browser', programs).stderr).not.toContain('Chromium');
    expect(start('without-browser-for-tests', programs, 'test').stderr).toContain('sudo apt install chromium');
  });

  test('is told of Debian’s separate venv package', () => {
    const { status, stderr } = start('venv', {
      java: 'echo \'openjdk version "21.0.2" 2024-01-16\' >&2',
      python3: 'case "$*" in *ensurepip*) exit 1;; *) echo 3.12;; esac',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('sudo apt install python3-venv');
    expect(stderr).not.toContain('Java');
  });
});
