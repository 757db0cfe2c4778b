/** What a failed activity says of whose fault it was: the type that the worker's interceptor gave the failure. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';

export function failureKind(error: unknown): string | null {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? (cause.type ?? null) : null;
}

/** The innermost sentence: outside of it stands only that an activity failed. */
export function messageOf(error: unknown): string {
  let deepest: unknown = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest instanceof Error ? deepest.message : String(deepest);
}
