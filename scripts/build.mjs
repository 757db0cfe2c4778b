/**
 * What runs is in dist/: compiled sources, SQL, and the workflows bundled ahead of time. Made beside it and renamed: a build
 * that fails or is killed leaves the one before, and two at once do not mix.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newestSource } from './sources.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
// Beside it, since source maps are relative.
const making = join(root, `.dist-${process.pid}`);
const require = createRequire(import.meta.url);

const begun = Date.now();
const newest = newestSource(root);
process.on('exit', () => { rmSync(making, { recursive: true, force: true }); });

const compiled = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', making], { cwd: root, stdio: 'inherit' });
if (compiled.status !== 0) process.exit(1);

for (const [folder, ending] of [['sql', '.sql'], ['scripts/setup', '.txt'], ['jobs', '.py'], ['bench', '.py'], ['pages', '']]) {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(ending)) continue;
    const source = join(entry.parentPath ?? entry.path, entry.name);
    const target = join(making, relative(root, source));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target);
  }
}

const workflows = join(root, 'workflows', 'workflows.ts');
if (!existsSync(workflows)) {
  console.error(`build: there are no workflows to bundle (${relative(root, workflows)})`);
  process.exit(1);
}
const { bundleWorkflowCode } = require('@temporalio/worker');
const quiet = () => undefined;
const logger = { trace: quiet, debug: quiet, info: quiet, log: quiet, warn: (text) => console.error(text), error: (text) => console.error(text) };
const { code } = await bundleWorkflowCode({ workflowsPath: workflows, logger });
writeFileSync(join(making, 'workflow-bundle.js'), code);
writeFileSync(join(making, '.built'), String(newest));

const before = `${making}-before`;
if (existsSync(dist)) renameSync(dist, before);
renameSync(making, dist);
rmSync(before, { recursive: true, force: true });
console.error(`built in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
