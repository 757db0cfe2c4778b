/**
 * The longest files first: on a clean checkout Jest knows no durations and goes by the files' sizes, and a long one that comes last is waited
 * for by a machine that has nothing else to do.
 */
import TestSequencer from '@jest/test-sequencer';

/** Over a minute each on two cores, the longest first; one that is missing here costs time and nothing else. */
export const LONGEST = [
  'hour/killed-worker', 'reconcile/repaired-day', 'spark/parity', 'backfill/backfill', 'rebuild/rebuild-postgres', 'start/npm-start', 'remote/killed-worker',
  'compaction/compaction', 'api/conformance', 'rebuild/retention', 'erasure/an-erasure', 'spark/an-hour',
].map((name) => `test/${name}.test.ts`);

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const place = LONGEST.findIndex((ending) => path.endsWith(ending));
      return place === -1 ? LONGEST.length : place;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
}
