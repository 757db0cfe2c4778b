import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

test('set-up says where each program of the stack is, and brings none a second time', () => {
  const done = spawnSync(process.execPath, [join(root, 'scripts/sluice.mjs'), 'set-up', '--json'], { encoding: 'utf8' });
  expect(done).toMatchObject({ status: 0, stderr: '' });
  const programs = JSON.parse(done.stdout) as Record<string, string>;
  expect(Object.keys(programs).sort()).toEqual(['kafka', 'moto', 'postgres', 'temporal', 'versitygw']);
  expect(Object.values(programs).filter((path) => !existsSync(path))).toEqual([]);
});

test('the files that the sequencer puts first are there', () => {
  // A renamed one would come last again, and nobody would know why the run got longer.
  const named = spawnSync(process.execPath, ['--input-type=module', '-e', `
    import { LONGEST } from ${JSON.stringify(join(root, 'test/support/longest-first.mjs'))};
    console.log(JSON.stringify(LONGEST));
  `], { encoding: 'utf8' });
  const files = JSON.parse(named.stdout) as readonly string[];
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
