/**
 * Runs a bundle at the build as far as no server is needed, and keeps what V8 compiled meanwhile: it compiles a function when it is
 * first called, so what is not called here is compiled in each process again. In a thread, since one of the bundles refuses to run elsewhere.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { compiledOf, load } from './load';

function rehearse(file: string): void {
  const { exports, script } = load(file);
  (exports as { readonly rehearse?: () => void }).rehearse?.();
  // Renamed: V8 takes half of it for the whole.
  const making = `${compiledOf(file)}-${process.pid}`;
  writeFileSync(making, script.createCachedData());
  renameSync(making, compiledOf(file));
  // What was opened would keep the thread alive.
  process.exit(0);
}

if (isMainThread) {
  new Worker(__filename, { workerData: process.argv[2] }).on('error', (error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exitCode = 1;
  });
} else {
  rehearse(String(workerData));
}
