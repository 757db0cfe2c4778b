/** The DuckDB engine: the transform on this machine, each job in a child process of its own. */
import { createHash } from 'node:crypto';
import packageOfDuckdb from '@duckdb/node-api/package.json';
import { CONTRACT_VERSION } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import type { Engine } from '../engine';
import { runInChild, type ChildSettings } from './child-process';

/** All that decides what a line becomes. */
const TRANSFORM = [
  'curate/spark-names.duckdb.sql', 'curate/lines.duckdb.sql', 'curate/judge.sql', 'curate/losers.sql', 'curate/curated-rows.sql',
] as const;

export function createDuckdbEngine(settings: ChildSettings): Engine {
  return {
    name: 'duckdb',
    async transformFingerprint() {
      const hash = createHash('sha256').update(`contract ${CONTRACT_VERSION}\nduckdb ${packageOfDuckdb.version}\n`);
      for (const name of TRANSFORM) hash.update(readSql(name));
      return Promise.resolve(hash.digest('hex').slice(0, 16));
    },
    async curate(job, control) {
      return runInChild(settings, 'curate', job, control);
    },
    async sums(job, control) {
      return runInChild(settings, 'sums', job, control);
    },
    async difference(job, control) {
      return runInChild(settings, 'difference', job, control);
    },
    async pick(job, control) {
      return runInChild(settings, 'pick', job, control);
    },
  };
}
