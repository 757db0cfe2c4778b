/** The Python of the Spark jobs, as it lies beside the compiled code: what a remote engine uploads and spark-local starts. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** From the sources and from dist/ alike: the build copies the folder. */
export const JOBS_FOLDER = join(__dirname, '..', '..', 'jobs');

const ENTRIES = { curate: 'curate.py', scan: 'scan_hours.py', merge: 'merge_files.py' } as const;
export type JobName = keyof typeof ENTRIES;

export interface JobFiles {
  readonly entry: string;
  /** for `--py-files` (EMR) or `--extra-py-files` (Glue): modules that the entries import */
  readonly modules: readonly string[];
  /** of all of them: a name under which they can be uploaded once */
  readonly digest: string;
}

export function jobFiles(job: JobName): JobFiles {
  const names = readdirSync(JOBS_FOLDER).filter((name) => name.endsWith('.py')).sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\n`).update(readFileSync(join(JOBS_FOLDER, name)));
  const entries: readonly string[] = Object.values(ENTRIES);
  return {
    entry: join(JOBS_FOLDER, ENTRIES[job]),
    modules: names.filter((name) => !entries.includes(name)).map((name) => join(JOBS_FOLDER, name)),
    digest: hash.digest('hex').slice(0, 16),
  };
}
