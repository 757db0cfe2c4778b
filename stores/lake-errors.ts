/** Whose fault an answer of S3 is. */
import { awsErrors } from './aws-errors';

export const lakeError = awsErrors({
  PreconditionFailed: { kind: 'fenced', fix: 'Another attempt was first; this one changes nothing' },
  ConditionalRequestConflict: { kind: 'fenced', fix: 'Another attempt was first; this one changes nothing' },
  SlowDown: { kind: 'throttled' },
  AccessDenied: { kind: 'configuration', fix: 'Give the worker’s role access to the bucket' },
  // A moment later it is no more there. Whoever may read another version instead asks before.
  NoSuchKey: { kind: 'data', fix: 'Somebody removed it; `npx sluice reconcile --date … --repair auto` makes a day’s committed files again' },
  NoSuchVersion: { kind: 'data', fix: 'Somebody removed that version of it' },
  NoSuchBucket: { kind: 'configuration', fix: 'Create the bucket or set SLUICE_LAKE_BUCKET' },
});
