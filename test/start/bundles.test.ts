import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHILD_FLAGS } from '../../engines/duckdb/child-flags';

const DIST = join(__dirname, '../../dist');
const bundles = readdirSync(join(DIST, 'bundles')).filter((name) => /-[A-Z0-9]{8}\.js$/.test(name));

/** In a thread, since one of them refuses to run elsewhere. */
function isTaken(bundle: string, flags: readonly string[]): boolean {
  const inThread = `const { script } = require(${JSON.stringify(join(DIST, 'scripts/bundles/load.js'))}).load(${JSON.stringify(join(DIST, 'bundles', bundle))});
    require('node:worker_threads').parentPort.postMessage(script.cachedDataRejected === false);`;
  const run = `new (require('node:worker_threads').Worker)(${JSON.stringify(inThread)}, { eval: true }).once('message', (taken) => { process.exit(taken ? 0 : 7); });`;
  const { status, stderr } = spawnSync(process.execPath, [...flags, '-e', run], { encoding: 'utf8' });
  if (status !== 0 && status !== 7) throw new Error(stderr);
  return status === 0;
}

test('there is a bundle of each process that starts often', () => {
  expect(bundles.map((name) => name.replace(/-[A-Z0-9]{8}\.js$/, '')).sort()).toEqual(['duckdb-child', 'line-reader', 'sluice', 'sluice-curate', 'workflow-thread']);
});

// Refused, it would be compiled again in each process, and nothing but the time would tell.
test.each(bundles)('V8 takes what the build compiled of %s', (bundle) => {
  expect(isTaken(bundle, /^(duckdb-child|line-reader)-/.test(bundle) ? CHILD_FLAGS : [])).toBe(true);
});

test('its stack traces name the bundle where it is, and the functions as they are in the sources', () => {
  const { stderr } = spawnSync(process.execPath, ['-e', `try { require(${JSON.stringify(join(DIST, 'scripts/sluice.js'))}).createProgram().terminalOf().result(null, () => { throw new Error('x'); }) } catch (error) { console.error(error.stack) }`], { encoding: 'utf8' });
  expect(stderr).toMatch(new RegExp(`at .*result.* \\(${join(DIST, 'bundles')}/sluice-[A-Z0-9]{8}\\.js:\\d+`));
});

// It would do the same, and only be slow.
test('curate starts without what other commands need', () => {
  const [all, alone] = ['dist/scripts/sluice.js', 'scripts/sluice.mjs'].map((cli) => spawnSync(process.execPath, [join(DIST, '..', cli), 'curate', '--help'], { encoding: 'utf8' }));
  expect(alone!.stdout).toContain('run the transform alone');
  expect(alone!.stdout).toBe(all!.stdout);
  const curate = bundles.find((name) => name.startsWith('sluice-curate-'))!;
  expect(readFileSync(join(DIST, 'bundles', curate), 'utf8')).not.toMatch(/@temporalio|node_modules\/(@aws-sdk|kafkajs|pg|fastify)\//);
});

test('without what was compiled, or with another V8’s, a bundle does the same', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bundles-'));
  try {
    cpSync(DIST, join(folder, 'dist'), { recursive: true });
    symlinkSync(join(DIST, '..', 'node_modules'), join(folder, 'node_modules'));
    cpSync(join(DIST, '..', 'package.json'), join(folder, 'package.json'));
    const said = (): string => execFileSync(process.execPath, [join(folder, 'dist/scripts/sluice.js'), '--help'], { encoding: 'utf8' });
    const before = said();
    const compiled = readdirSync(join(folder, 'dist/bundles')).filter((name) => name.endsWith('.compiled'));
    expect(compiled).toHaveLength(5);
    // Node 20.11 crashed on what 20.20 had compiled, whose V8 has the same number: another Node must not find it.
    expect(compiled.filter((name) => !name.endsWith(`.js.${process.version}-${process.arch}.compiled`))).toEqual([]);
    for (const name of compiled) cpSync(__filename, join(folder, 'dist/bundles', name));
    expect(said()).toBe(before);
    for (const name of compiled) rmSync(join(folder, 'dist/bundles', name));
    expect(said()).toBe(before);
    expect(before).toContain('Moves a wallet’s payments');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
