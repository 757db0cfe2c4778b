/**
 * Runs a bundle at the build as far as no server is needed, and keeps what V8 compiled meanwhile: it compiles a function when it is
 * first called, so what is not called here is compiled in each process again.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { type Bundle, compiledOf, load } from './load';

function rehearse(file: string): void {
  const bundle: Bundle = load(file);
  (bundle.exports as { readonly rehearse?: () => void }).rehearse?.();
  // Renamed: V8 takes half of it for the whole.
  const making = `${compiledOf(file)}-${process.pid}`;
  writeFileSync(making, bundle.script.createCachedData());
  renameSync(making, compiledOf(file));
  process.exit(0);
}

if (!isMainThread) {
  rehearse(String(workerData));
} else if (process.argv[2]!.includes('thread')) {
  new Worker(__filename, { workerData: process.argv[2] }).on('error', (error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exitCode = 1;
  });
} else {
  rehearse(process.argv[2]!);
}
