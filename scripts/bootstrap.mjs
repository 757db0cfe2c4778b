/** `npm start`, `npm test`, `npm run bench`: from a bare clone to running, with nothing but Node to begin with. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingForTests, missingPrerequisites } from './setup/prerequisites.mjs';
import { newestSource } from './sources.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [mode, ...args] = process.argv.slice(2);

const missing = [...missingPrerequisites(), ...(mode === 'test' ? missingForTests() : [])];
if (missing.length > 0) {
  console.error(`sluice cannot start yet:\n\n${missing.map((text) => `  ${text}`).join('\n\n')}\n`);
  process.exit(1);
}
if (!dependenciesFit()) {
  step('dependencies: npm ci', 'npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund']);
}
const node = installedNode();
if (!buildFits()) step('building', node, [join(root, 'scripts', 'build.mjs')]);

switch (mode) {
  case 'start':
    run([join(root, 'dist', 'scripts', 'sluice.js'), 'up', ...args]);
    break;
  case 'test':
    run([join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...args]);
    break;
  case 'bench':
    bench();
    break;
  default:
    console.error('usage: node scripts/bootstrap.mjs start|test|bench [arguments]');
    process.exit(2);
}

function bench() {
  const folder = join(root, 'dist', 'bench');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.js')).map((name) => name.slice(0, -3)) : [];
  const [name, ...rest] = args;
  if (!names.includes(name)) {
    console.error(`usage: npm run bench -- NAME; NAME is one of: ${names.join(', ')}`);
    process.exit(2);
  }
  run([join(folder, `${name}.js`), ...rest]);
}

/** npm leaves what it installed in a lock file of its own; each package of ours must be there, in our version. */
function dependenciesFit() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(([path, entry]) =>
    path === '' || (have[path] === undefined ? entry.optional === true || entry.devOptional === true || entry.peer === true : have[path].version === entry.version));
}

/**
 * npm's scripts run with the Node that is among the packages, where there is one for the platform: it comes first on their path. This script
 * may have begun before it was installed, and what V8 compiles during the build serves that Node alone which built.
 */
function installedNode() {
  const installed = join(root, 'node_modules', '.bin', 'node');
  return existsSync(installed) ? installed : process.execPath;
}

function buildFits() {
  const stamp = join(root, 'dist', '.built');
  return existsSync(stamp) && Number(readFileSync(stamp, 'utf8')) >= newestSource(root);
}

function step(what, command, commandArgs) {
  console.error(`  ${what}`);
  const done = spawnSync(command, commandArgs, { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.status === 0) return;
  console.error(`sluice: ${what} failed${done.error === undefined ? '' : ` (${done.error.message})`}; see above`);
  process.exit(1);
}

/** The rest is the child's. Signals reach it once: Ctrl-C from the terminal by itself, everything else from here. */
function run(nodeArgs) {
  const child = spawn(node, nodeArgs, {
    cwd: process.cwd(), stdio: 'inherit',
    // A warning on every start about the SDK's versions of next year; package.json says which Node is supported.
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  });
  process.on('SIGINT', () => { if (!process.stdin.isTTY) child.kill('SIGINT'); });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => { child.kill(signal); });
  stopWithNpm(child);
  child.on('error', (error) => {
    console.error(`sluice: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => { process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)); });
}

/** A killed npm tells nobody below it: without this the stack would stay up with nothing to stop it by. */
function stopWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) child.kill('SIGTERM'); }, 1_000).unref();
}
