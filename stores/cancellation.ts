/** Temporal’s word for a cancel that somebody asked for, as against a shutdown or a timeout: only then may a remote run be stopped. */
export function isCancel(reason: unknown): boolean {
  return reason instanceof Error && reason.message === 'CANCELLED';
}
