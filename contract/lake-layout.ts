/** Where things lie in the lake. Every key is made here and nowhere else. */
import { isLandingHour, type LandingHour } from './landing-hour';

export const RAW_PREFIX = 'raw/payments/';

export function rawPrefix(hour: LandingHour): string {
  const [date, hh] = hour.split('T');
  return `${rawDayPrefix(date!)}${hh}/`;
}

/** Of all landing hours of a UTC date like 2026-11-20. */
export function rawDayPrefix(date: string): string {
  return `${RAW_PREFIX}dt=${date.replaceAll('-', '/')}/`;
}

/** In which hour an object landed; null for a key that is in none. */
export function landingHourOfRawKey(key: string): LandingHour | null {
  const [, year, month, day, hour] = /^raw\/payments\/dt=(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\//.exec(key) ?? [];
  const text = `${year}-${month}-${day}T${hour}`;
  return isLandingHour(text) ? text : null;
}

/** A folder for each hour that was ever run. */
export const RUNS_PREFIX = 'runs/';

export function runsOfHourPrefix(hour: LandingHour): string {
  return `${RUNS_PREFIX}${hour}/`;
}

/** A RawRetired: the hour's raw objects went by retention, which is no loss. */
export function rawRetiredKey(hour: LandingHour): string {
  return `${runsOfHourPrefix(hour)}raw-retired.json`;
}

/** Everything a revision knows about itself: manifest, summaries, the commit it made. */
export function revisionPrefix(hour: LandingHour, revision: number): string {
  return `${runsOfHourPrefix(hour)}r${revision}/`;
}

export function manifestKey(hour: LandingHour, revision: number): string {
  return `${revisionPrefix(hour, revision)}manifest.json`;
}

/** What curate learned in one attempt: counts, files, samples. */
export function curateSummaryKey(hour: LandingHour, revision: number, attempt: string): string {
  return `${revisionPrefix(hour, revision)}curate-${attempt}.json`;
}

/** Kept for ever, so that undo can swap back to it. */
export function commitRecordKey(hour: LandingHour, revision: number): string {
  return `${revisionPrefix(hour, revision)}committed.json`;
}

/** A ProofRecord: what the ledger knows of a revision that is through, for the day the ledger is lost. */
export function proofRecordKey(hour: LandingHour, revision: number): string {
  return `${revisionPrefix(hour, revision)}proof.json`;
}

/** A folder for each hour that has any. */
export const STAGING_PREFIX = 'staging/';

export function stagingOfHourPrefix(hour: LandingHour): string {
  return `${STAGING_PREFIX}${hour}/`;
}

/** Every attempt's staging of a revision. */
export function revisionStagingPrefix(hour: LandingHour, revision: number): string {
  return `${stagingOfHourPrefix(hour)}r${revision}/`;
}

export function stagingPrefix(hour: LandingHour, revision: number, attempt: string): string {
  return `${revisionStagingPrefix(hour, revision)}${attempt}/`;
}

/** Which runs elsewhere a revision's curate has claimed: an object for each claim. Beside the attempts' staging, and gone with it. */
export function remoteClaimsPrefix(hour: LandingHour, revision: number): string {
  return `${revisionStagingPrefix(hour, revision)}claims/`;
}

/** Of jobs over committed files: reconcile's scans and compaction, where Spark does them. */
export const NIGHTLY_PREFIX = `${STAGING_PREFIX}nightly/`;

/** All that one piece of such work leaves: claims, descriptions, summaries, files. `digest`: of what is to be done. */
export function nightlyWorkPrefix(date: string, digest: string): string {
  return `${NIGHTLY_PREFIX}${date}/${digest.slice(0, 12)}/`;
}

/** A file of the Spark job. `digest`: of all of them, so that a run finds the files that it was started with. */
export function jobFileKey(digest: string, name: string): string {
  return `jobs/${digest}/${name}`;
}

export const CURATED_PREFIX = 'curated/payments/';

/** Path of a curated file below `curated/payments/` (and below a staging prefix's `curated/`). */
export function curatedFile(part: {
  readonly dt: string; readonly merchantId: string; readonly landingHour: LandingHour;
  readonly revision: number; readonly attempt: string; readonly n: number;
}): string {
  return curatedPath({ ...part, name: curatedName(part) });
}

/** Without its ending. `n` tells files of one day and merchant apart. */
export function curatedName(part: { readonly landingHour: LandingHour; readonly revision: number; readonly attempt: string; readonly n: number | string }): string {
  return `${part.landingHour}-r${part.revision}-${part.attempt}-${part.n}`;
}

export function curatedPath(part: { readonly dt: string; readonly merchantId: string; readonly name: string }): string {
  return `dt=${part.dt}/merchant_id=${part.merchantId}/${part.name}.parquet`;
}

/** Of several landing hours: the commits that name it say which rows are theirs. */
export function compactedFile(part: { readonly date: string; readonly merchantId: string; readonly compactionId: string; readonly n: number }): string {
  return `${CURATED_PREFIX}dt=${part.date}/merchant_id=${part.merchantId}/compacted-${part.compactionId}-${part.n}.parquet`;
}

/** What a compaction reads and writes. */
export function compactionPlanKey(date: string, compactionId: string): string {
  return `compactions/${date}/${compactionId}.json`;
}

export const COMMITTED_PREFIX = 'committed/';

/** The one object that says which files an hour consists of. */
export function committedKey(hour: LandingHour): string {
  return `${COMMITTED_PREFIX}${hour}.json`;
}

/** Null for a key that is no hour's. */
export function landingHourOfCommittedKey(key: string): LandingHour | null {
  const text = /^committed\/(.*)\.json$/.exec(key)?.[1];
  return isLandingHour(text) ? text : null;
}

export const DEAD_LETTERS_PREFIX = 'dead-letters/payments/';

export function deadLettersPrefix(hour: LandingHour, revision: number): string {
  return `${deadLettersOfHourPrefix(hour)}r${revision}/`;
}

/** Of all its revisions. */
export function deadLettersOfHourPrefix(hour: LandingHour): string {
  return `${DEAD_LETTERS_PREFIX}landing_hour=${hour}/`;
}

/** Of an object that `redrive` made, below its hour. */
export function redriveName(name: string): boolean {
  return /^redrive-[0-9a-f]{32}\.ndjson$/.test(name);
}

/** Named by what is in it: the same lines redriven twice are one object. */
export function redriveKey(hour: LandingHour, digest: string): string {
  return `${rawPrefix(hour)}redrive-${digest.slice(0, 32)}.ndjson`;
}

/** Everything that a reconciliation of a date left: differences and report. */
export function reconciliationPrefix(date: string, reconciliationId: string): string {
  return `reconciliations/${date}/${reconciliationId}/`;
}

/** The report of a reconciliation, for programs and for people. */
export function reportKeys(date: string, reconciliationId: string): { readonly json: string; readonly html: string } {
  const prefix = reconciliationPrefix(date, reconciliationId);
  return { json: `${prefix}report.json`, html: `${prefix}report.html` };
}

/** NDJSON of Difference: what a store's comparison found of an hour. */
export function differencesKey(of: {
  readonly date: string; readonly reconciliationId: string; readonly round: number; readonly store: string; readonly landingHour: LandingHour;
}): string {
  return `${reconciliationPrefix(of.date, of.reconciliationId)}differences/${of.round}/${of.store}/${of.landingHour}.ndjson`;
}

/** NDJSON of RollupDifference: cells of a day that are not what its payments add up to. */
export function rollupDifferencesKey(of: { readonly date: string; readonly reconciliationId: string; readonly round: number }): string {
  return `${reconciliationPrefix(of.date, of.reconciliationId)}rollups/${of.round}.ndjson`;
}

/** What the files of a revision added up to when they were last read and right: as long as they are the same, they need not be read. */
export function reconciledKey(hour: LandingHour, revision: number): string {
  return `reconciled/${hour}-r${revision}.json`;
}

/** Who is never to be curated again: one object a person, named by the keyed hash. The truth; the ledger has a copy. */
export const SUPPRESSED_PREFIX = 'erasures/suppressed/';

export function suppressedKey(keyId: string, token: string): string {
  return `${SUPPRESSED_PREFIX}${keyId}/${token}.json`;
}

/** What was taken out of the hour's raw objects, one object for each of them and each time. */
export function erasedObjectsPrefix(hour: LandingHour): string {
  return `erasures/objects/${hour}/`;
}

export function erasedObjectKey(hour: LandingHour, id: string): string {
  return `${erasedObjectsPrefix(hour)}${id}.json`;
}

/** A folder for each erasure that is not over. */
export const OPEN_ERASURES_PREFIX = 'erasures/open/';

/** Which records are its own, and what it waits for. */
export function openErasurePrefix(token: string): string {
  return `${OPEN_ERASURES_PREFIX}${token}/`;
}

export function openErasureOfHourPrefix(token: string, hour: LandingHour): string {
  return `${openErasurePrefix(token)}${hour}/`;
}

export function openErasureKey(token: string, hour: LandingHour, id: string): string {
  return `${openErasureOfHourPrefix(token, hour)}${id}.json`;
}

export const RECEIPTS_PREFIX = 'erasures/receipts/';

/** Begins with the date: their order is that of time, to the day. */
export function receiptKey(receiptId: string): string {
  return `${RECEIPTS_PREFIX}${receiptId}.json`;
}

/** What was sent of a day: a folder for each revision. A merchant's own beside that of all merchants. */
function dailyReportPrefix(date: string, merchant: string | null, revision: number): string {
  return `reports/${date}/${merchant === null ? 'all' : `merchant_id=${merchant}`}/r${revision}/`;
}

/** Named by what is in it: made twice it is one object, and another one never takes its place. */
export function dailyReportKey(of: { readonly date: string; readonly merchant: string | null; readonly revision: number }, name: string, digest: string): string {
  const dot = name.lastIndexOf('.');
  return `${dailyReportPrefix(of.date, of.merchant, of.revision)}${name.slice(0, dot)}-${digest.slice(0, 16)}${name.slice(dot)}`;
}

/** What the API keeps for a while: large exports, and answers from the lake. Retention removes it. */
export const API_PREFIX = 'api/';

export function exportStateKey(id: string): string {
  return `${API_PREFIX}exports/${id}/state.json`;
}

/** Of one writer: another that takes over writes another. */
export function exportFileKey(id: string, writer: string, format: string): string {
  return `${API_PREFIX}exports/${id}/${writer}.${format}`;
}

/** A question to the lake and its answer; `digest` of the question's id, which may be long. */
export function lakeAnswerKey(digest: string): string {
  return `${API_PREFIX}answers/${digest}.json`;
}
