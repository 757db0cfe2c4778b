import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

describe('the count of a test run', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'sluice-count-')); });
  afterEach(() => { rmSync(folder, { recursive: true }); });

  const run = (suites: Readonly<Record<string, string>>): { readonly last: string | undefined; readonly status: number | null } => {
    for (const [name, text] of Object.entries(suites)) writeFileSync(join(folder, `${name}.test.js`), text);
    writeFileSync(join(folder, 'jest.config.json'), JSON.stringify({
      rootDir: folder, transform: {}, reporters: ['default', join(root, 'test', 'support', 'count-reporter.mjs')],
    }));
    const { stdout, status } = spawnSync(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '-c', join(folder, 'jest.config.json'), '-i'],
      { encoding: 'utf8', cwd: folder });
    return { last: stdout.trimEnd().split('\n').at(-1), status };
  };

  test('is the last line', () => {
    expect(run({ good: 'test("a", () => {}); test("b", () => {});' })).toEqual({ last: '2 passed, 0 failed', status: 0 });
  });

  test('has failures, and suites that cannot be loaded', () => {
    expect(run({ bad: 'test("a", () => {}); test("b", () => { throw new Error("no"); });', broken: 'require("./none");' }))
      .toEqual({ last: '1 passed, 2 failed', status: 1 });
  });

  test('takes a skipped test for a failure', () => {
    expect(run({ lazy: 'test("a", () => {}); test.skip("b", () => {}); test.todo("c");' })).toEqual({ last: '1 passed, 2 failed', status: 1 });
  });
});
