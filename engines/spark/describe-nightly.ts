/** What Spark is told of the night's jobs: which files to read, and the project's SQL, filled in. */
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import { CURATED_COLUMNS } from '../../contract/payment';
import { fill, readSql } from '../../sql/read-sql';
import { ALSO_KEPT } from '../kept-columns';
import { rowHashSql } from '../row-hash-sql';
import type { HourToScan, MergeJob, NightlyFile, ScanJob } from '../nightly';
import { described, type JobDescription } from './description';

export interface NightlyPlace {
  /** uri of a file, wherever it is read from */
  readonly uriOf: (file: NightlyFile) => string;
  /** uri of a folder or prefix, without a last slash */
  readonly out: string;
  readonly kmsKeyId?: string;
}

export function describeScan(job: ScanJob, place: NightlyPlace): JobDescription {
  return described({
    format: 1,
    askedAs: job.askedAs,
    hours: job.hours.map((hour) => ({ landingHour: hour.landingHour, anew: madeAnew(hour), parts: partsOf(hour.files, place) })),
    out: place.out,
    kmsKeyId: place.kmsKeyId,
    sql: {
      kept: readSql('reconcile/kept-rows.sql'),
      hashed: fill(readSql('reconcile/hashed-rows.sql'), { row_hash: rowHashSql() }),
      judged: readSql('reconcile/judged-rows.sql'),
      sums: readSql('reconcile/bucket-sums.sql'),
    },
  });
}

export function describeMerge(job: MergeJob, place: NightlyPlace): JobDescription {
  return described({
    format: 1,
    merges: job.merges.map(({ files }) => partsOf(files, place)),
    out: place.out,
    kmsKeyId: place.kmsKeyId,
    sql: { hours: readSql('compact/sums-by-hour.sql'), merged: fill(readSql('compact/write-merged.spark.sql'), { columns: columnsWith('timestamp_ntz') }) },
  });
}

function madeAnew({ landingHour, revision, processedAt }: HourToScan): string {
  return fill(readSql('curate/curated-rows.sql'), {
    processed_at: BigInt(Date.parse(processedAt)) * 1000n, landing_hour: microsOf(landingHour), revision, also: ALSO_KEPT,
  });
}

/** Files of which the same rows count are read together. */
function partsOf(files: readonly NightlyFile[], { uriOf }: NightlyPlace): readonly { readonly files: readonly string[]; readonly etags: readonly string[]; readonly sql: string }[] {
  const parts = new Map<string, NightlyFile[]>();
  for (const file of files) {
    const wanted = file.landingHours === null ? 'true' : fill(readSql('compact/of-hours.spark.sql'), { hours: file.landingHours.map(microsOf).join(', ') });
    parts.set(wanted, [...parts.get(wanted) ?? [], file]);
  }
  return [...parts].map(([wanted, those]) => ({
    files: those.map(uriOf),
    // The job does not look at them: files that were written anew make another work.
    etags: those.map(({ etag }) => etag),
    sql: fill(readSql('compact/rows-of-files.spark.sql'), { columns: columnsWith('timestamp'), wanted }),
  }));
}

function columnsWith(instant: 'timestamp' | 'timestamp_ntz'): string {
  return CURATED_COLUMNS.map(({ name, type }) => (type === 'timestamp' ? `cast(${name} as ${instant}) as ${name}` : name)).join(', ');
}

function microsOf(hour: LandingHour): bigint {
  return BigInt(hourStart(hour).getTime()) * 1000n;
}
