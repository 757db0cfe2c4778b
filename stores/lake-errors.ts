/** Whose fault an answer of S3 is. */
import { SluiceError, type ErrorKind } from '../contract/errors';

const KIND_OF: Readonly<Record<string, ErrorKind>> = {
  PreconditionFailed: 'fenced',
  ConditionalRequestConflict: 'fenced',
  SlowDown: 'throttled',
  RequestLimitExceeded: 'throttled',
  ServiceUnavailable: 'throttled',
  TooManyRequestsException: 'throttled',
  AccessDenied: 'configuration',
  InvalidAccessKeyId: 'configuration',
  SignatureDoesNotMatch: 'configuration',
  NoSuchBucket: 'configuration',
  CredentialsProviderError: 'configuration',
  ExpiredToken: 'configuration',
};

const FIX_OF: Readonly<Record<string, string>> = {
  PreconditionFailed: 'Another attempt was first; this one changes nothing',
  NoSuchBucket: 'Create the bucket or set SLUICE_LAKE_BUCKET',
  AccessDenied: 'Give the worker’s role access to the bucket',
  InvalidAccessKeyId: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  SignatureDoesNotMatch: 'Set AWS_SECRET_ACCESS_KEY',
  CredentialsProviderError: 'Give AWS credentials in the environment or a role',
  ExpiredToken: 'Renew the AWS credentials',
};

export function lakeError(what: string, on: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const { name, message } = error as Error;
  const fix = FIX_OF[name];
  return new SluiceError({
    kind: KIND_OF[name] ?? 'transient',
    what: `${what}: ${name}: ${message}`,
    on,
    ...(fix === undefined ? {} : { fix }),
    fields: { key: on, code: name },
    cause: error,
  });
}
