/**
 * What runs is in dist/: compiled sources, SQL, and the workflows bundled ahead of time. Made beside it and renamed: a build
 * that fails or is killed leaves the one before, and two at once do not mix. Killed while it is rehearsed, the new one runs, only slower, and
 * the next start builds again.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, rehearse } from './bundles/bundle.mjs';
import { FOLDERS, newestSource } from './sources.mjs';
import { swc } from './swc.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
// Beside it, since source maps are relative.
const making = join(root, `.dist-${process.pid}`);
const require = createRequire(import.meta.url);
/** Of AssemblyScript, which is compiled to WebAssembly and is no module of ours: what stands beside each `assembly` folder when it is built, by its entry. */
const ASSEMBLIES = {
  'engines/duckdb/lines/assembly/index.ts': 'plain-lines.wasm',
  'engines/duckdb/lines/assembly/texts.ts': 'texts.wasm',
  'engines/duckdb/frames/assembly/index.ts': 'curated-frames.wasm',
};
const isAssembly = (source) => basename(dirname(source)) === 'assembly';

const begun = Date.now();
const newest = newestSource(root);
process.on('exit', () => { rmSync(making, { recursive: true, force: true }); });

const { transformFile } = require('@swc/core');
await Promise.all([...FOLDERS.flatMap((folder) => filesOf(folder, '.ts')).filter((source) => !isAssembly(source)).map(compile), compileAssemblies()]);
for (const [folder, ending] of [['sql', '.sql'], ['scripts/setup', '.txt'], ['scripts/setup', '.json'], ['jobs', '.py'], ['bench', '.py'], ['pages', '']]) {
  for (const source of filesOf(folder, ending)) cpSync(source, targetOf(source));
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
const bundles = await bundle(making);

const before = `${making}-before`;
if (existsSync(dist)) renameSync(dist, before);
renameSync(making, dist);
rmSync(before, { recursive: true, force: true });
await rehearse(dist, bundles);
writeFileSync(join(dist, '.built'), String(newest));
console.error(`built in ${((Date.now() - begun) / 1000).toFixed(1)} s`);

function filesOf(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function targetOf(source) {
  const target = join(making, relative(root, source));
  mkdirSync(dirname(target), { recursive: true });
  return target;
}

async function compile(source) {
  const target = targetOf(source).replace(/\.ts$/, '.js');
  const { code, map } = await transformFile(source, {
    ...swc,
    // Node loads what is asked for by import() itself: `require` cannot load every module.
    module: { ...swc.module, ignoreDynamic: true },
    swcrc: false, configFile: false, sourceMaps: true, sourceFileName: relative(dirname(target), source),
  });
  await writeFile(target, `${code}//# sourceMappingURL=${basename(target)}.map\n`);
  await writeFile(`${target}.map`, map);
}

async function compileAssemblies() {
  const { default: asc } = await import('assemblyscript/asc');
  for (const [entry, name] of Object.entries(ASSEMBLIES)) {
    const target = targetOf(join(root, dirname(dirname(entry)), name));
    const { error, stderr } = await asc.main([
      join(root, entry), '--outFile', target, '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--pedantic',
    ]);
    if (error !== null) throw new Error(`${entry} does not compile:\n${stderr.toString()}`, { cause: error });
    if (stderr.toString() !== '') console.error(stderr.toString());
  }
}
