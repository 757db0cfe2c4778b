/** The DuckDB engine: the transform on this machine, each job in a child process that has no other. */
import { createHash } from 'node:crypto';
import packageOfDuckdb from '@duckdb/node-api/package.json';
import { CURRENCIES } from '../../contract/currencies';
import { CONTRACT_VERSION } from '../../contract/payment';
import { readSql, sqlFilesOf } from '../../sql/read-sql';
import type { Engine, JobControl } from '../engine';
import { runInChild, type ChildSettings } from './child-process';
import { IdleChildren } from './idle-children';
import type { JobName, Jobs } from './messages';

export function createDuckdbEngine(settings: ChildSettings): Engine {
  const idle = new IdleChildren();
  const inChild = <Name extends JobName>(name: Name) =>
    (job: Jobs[Name]['job'], control: JobControl): Promise<Jobs[Name]['outcome']> => runInChild(settings, idle, name, job, control);
  return {
    name: 'duckdb',
    follows: true,
    async transformFingerprint() {
      // All that decides what a line becomes; a change of the byte guard raises CONTRACT_VERSION.
      const hash = createHash('sha256').update(`contract ${CONTRACT_VERSION}\nduckdb ${packageOfDuckdb.version}\n${CURRENCIES.join()}\n`);
      for (const name of sqlFilesOf('curate')) hash.update(readSql(name));
      return Promise.resolve(hash.digest('hex').slice(0, 16));
    },
    curate: inChild('curate'),
    sums: inChild('sums'),
    difference: inChild('difference'),
    pick: inChild('pick'),
    bucketSums: inChild('bucketSums'),
    partSums: inChild('partSums'),
    keptRows: inChild('keptRows'),
    compact: inChild('compact'),
    sumsByHour: inChild('sumsByHour'),
    erase: inChild('erase'),
    find: inChild('find'),
    carryOver: inChild('carryOver'),
  };
}
