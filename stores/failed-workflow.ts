/** A workflow that failed, told to whoever waited for it: Temporal wraps what went wrong in failures that say that something did. */
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { SluiceError, type ErrorKind } from '../contract/errors';

export interface ToldFailure {
  readonly kind: ErrorKind;
  /** before what the innermost failure says */
  readonly what?: string;
  readonly on: string;
  readonly fix?: string;
}

/** Anything but a failed workflow stays what it is. What was called wrongly is `usage`, whatever it would be otherwise. */
export function failedWorkflow(error: unknown, { kind, what, on, fix }: ToldFailure): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  const inner = innermost(error);
  const isUsage = inner instanceof ApplicationFailure && inner.type === 'usage';
  return new SluiceError({
    kind: isUsage ? 'usage' : kind, what: what === undefined ? inner.message : `${what}: ${inner.message}`, on, ...(isUsage || fix === undefined ? {} : { fix }), cause: error,
  });
}

export function innermost(error: unknown): Error {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner : new Error(String(inner));
}
