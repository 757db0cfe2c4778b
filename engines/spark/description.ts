/**
 * A Spark job's description: all that the job needs to know, the project's SQL included, so that nothing else must be shipped with it.
 * The same job gives the same bytes, and the summary names their digest: a summary of another job is not taken for this one's.
 */
import { createHash } from 'node:crypto';
import type { ErasedLines, ErasureSecret } from '../../contract/erasure';
import { curatedFile } from '../../contract/lake-layout';
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import { MAX_BARE_NUMBER_CHARACTERS, MAX_JSON_DEPTH, MAX_LINE_BYTES, RAW_FIELDS, REASONS } from '../../contract/payment';
import { fill, readSql } from '../../sql/read-sql';
import type { Suppression } from '../engine';
import { judgeSql } from '../judge-sql';

export interface SparkObject {
  readonly key: string;
  readonly version: string;
  /** file:// or s3:// */
  readonly uri: string;
  /** of an object of the lake: another one at its key is refused, not read */
  readonly etag?: string;
  readonly versionId?: string;
  /** so that objects are spread over tasks by size */
  readonly bytes?: number;
  readonly isSent?: boolean;
  readonly erased?: ErasedLines;
}

export interface SparkCurateJob {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly attempt: string;
  /** ISO instant, one for the whole run */
  readonly processedAt: string;
  readonly objects: readonly SparkObject[];
  readonly countSent?: boolean;
  readonly suppression?: Suppression;
  /** from where a job elsewhere has the erasure key; absent: it is given the key in its environment */
  readonly erasureSecret?: ErasureSecret | undefined;
  /** uri of a folder or prefix, without a last slash; receives curated/, dead-letters/ and, last, summary.json */
  readonly out: string;
  /** for everything that is written to s3:// */
  readonly kmsKeyId?: string;
}

export interface JobDescription {
  readonly json: string;
  /** of the json's bytes */
  readonly sha256: string;
}

export function describeCurate(job: SparkCurateJob): JobDescription {
  const { landingHour, revision, attempt } = job;
  return described({
    format: 1,
    landingHour,
    revision,
    objects: job.objects.map(({ key, version, uri, etag, versionId, bytes, isSent, erased }) => ({
      key, version, uri, etag, versionId, bytes, isSent: isSent === true, erased,
    })),
    countSent: job.countSent === true,
    // Never the key, nor what is made of it: descriptions lie in the lake.
    suppression: job.suppression === undefined ? undefined : { tokens: job.suppression.tokens, keyId: job.suppression.keyId, secret: job.erasureSecret },
    out: job.out,
    kmsKeyId: job.kmsKeyId,
    // The layout stays this side: the job fills in the two names and nothing else.
    curatedFile: curatedFile({ dt: '{dt}', merchantId: '{merchant_id}', landingHour, revision, attempt, n: 0 }),
    reasons: REASONS,
    fields: RAW_FIELDS,
    limits: { lineBytes: MAX_LINE_BYTES, jsonDepth: MAX_JSON_DEPTH, numberCharacters: MAX_BARE_NUMBER_CHARACTERS },
    sql: sqlOf(job),
  });
}

export function described(what: object): JobDescription {
  const json = JSON.stringify(what);
  return { json, sha256: createHash('sha256').update(json).digest('hex') };
}

/** Filled in but for `gone`, the objects that prove unreadable, which only the job learns. */
function sqlOf({ landingHour, revision, processedAt, suppression }: SparkCurateJob): Readonly<Record<string, string>> {
  const judge = judgeSql(landingHour, true);
  const rows = fill(readSql('curate/curated-rows.sql'), {
    processed_at: BigInt(Date.parse(processedAt)) * 1000n,
    landing_hour: BigInt(hourStart(landingHour).getTime()) * 1000n,
    revision,
    also: '',
  });
  const token = readSql(suppression === undefined ? 'erasure/nobody.spark.sql' : 'erasure/user-token.spark.sql');
  return {
    lines: readSql('curate/lines.spark.sql'),
    judged: fill(readSql('curate/judged-lines.spark.sql'), { judge, user_token: token }),
    objects: readSql('curate/read-objects.spark.sql'),
    kept: readSql('curate/kept-judged.spark.sql'),
    counts: readSql('curate/line-counts.spark.sql'),
    unknownFields: readSql('curate/unknown-fields.spark.sql'),
    sent: fill(readSql('control/sent-totals.sql'), { from: 0 }),
    placed: readSql('curate/placed-lines.spark.sql'),
    losers: readSql('curate/losers.sql'),
    winners: readSql('curate/kept-lines.spark.sql'),
    files: fill(readSql('curate/write-files.spark.sql'), { rows }),
    fileRows: readSql('curate/file-rows.spark.sql'),
    sums: readSql('curate/sums.sql'),
    refused: readSql('curate/refused-lines.spark.sql'),
  };
}
