/** Whose fault an answer of Athena is, and what the end of a query that did not succeed means. */
import type { QueryExecution } from '@aws-sdk/client-athena';
import { SluiceError } from '../contract/errors';
import { awsErrors } from './aws-errors';

export const athenaError = awsErrors({
  InvalidRequestException: { kind: 'configuration' },
  AccessDeniedException: { kind: 'configuration', fix: 'Give the role what infra/athena-reader.json lists' },
  MetadataException: { kind: 'configuration', fix: 'Run `npx sluice prepare`, which makes the tables and views, and look at SLUICE_GLUE_DATABASE' },
});

/** Athena's categories of failures; the third is everything else. */
const USER = 2;

export function scansTooMuch(queryId: string, workgroup: string, scanned: number, limit: number): SluiceError {
  return new SluiceError({
    kind: 'configuration', what: `the query was stopped: it had scanned ${scanned} bytes and ${limit} are allowed`, on: `query ${queryId} of workgroup ${workgroup}`,
    fix: 'Ask for a shorter range or one merchant; or raise the workgroup’s BytesScannedCutoffPerQuery and SLUICE_ATHENA_SCAN_BYTES',
    fields: { queryId, scanned, limit },
  });
}

export function isOverLimit({ Status: status }: QueryExecution): boolean {
  return /bytes scanned limit/i.test(`${status?.StateChangeReason ?? ''} ${status?.AthenaError?.ErrorMessage ?? ''}`);
}

/** The same question may well be answered the next time: AWS says so, somebody stopped it, or nobody knows. */
export function mayBeAskedAgain(execution: QueryExecution): boolean {
  if (isOverLimit(execution)) return false;
  const { State: state, AthenaError: error } = execution.Status ?? {};
  return state === 'CANCELLED' || error?.Retryable === true || (error?.ErrorCategory !== undefined && error.ErrorCategory !== USER);
}

/** Of a query that ended, and not in SUCCEEDED. */
export function endOf(execution: QueryExecution): SluiceError {
  const queryId = execution.QueryExecutionId ?? 'without an id';
  const { State: state, StateChangeReason: reason, AthenaError: error } = execution.Status ?? {};
  const why = reason ?? error?.ErrorMessage ?? 'Athena gives no reason';
  const fields = { queryId, state, category: error?.ErrorCategory, type: error?.ErrorType };
  if (state === 'CANCELLED') {
    return new SluiceError({ kind: 'transient', what: `somebody stopped the query: ${why}`, on: `query ${queryId}`, fix: 'Ask again; Athena’s history says who it was', fields });
  }
  return new SluiceError({
    kind: mayBeAskedAgain(execution) ? 'transient' : 'data', what: `the query failed: ${why}`, on: `query ${queryId}`,
    fix: mayBeAskedAgain(execution) ? 'It is tried again by itself' : 'Open the query in Athena’s history; if a table or view is missing, run `npx sluice prepare`', fields,
  });
}

export function vanished(queryId: string, cause: unknown): SluiceError {
  return new SluiceError({ kind: 'transient', what: 'Athena no longer knows the query that it had begun', on: `query ${queryId}`, fix: 'It is asked anew by itself', fields: { queryId, vanished: true }, cause });
}
