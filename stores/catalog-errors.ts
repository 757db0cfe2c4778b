/** Whose fault an answer of Glue is. */
import { SluiceError, type ErrorKind } from '../contract/errors';

const KIND_OF: Readonly<Record<string, ErrorKind>> = {
  ThrottlingException: 'throttled',
  OperationTimeoutException: 'throttled',
  ResourceNumberLimitExceededException: 'throttled',
  ConcurrentModificationException: 'throttled',
  AccessDeniedException: 'configuration',
  UnrecognizedClientException: 'configuration',
  InvalidSignatureException: 'configuration',
  ExpiredTokenException: 'configuration',
  CredentialsProviderError: 'configuration',
  GlueEncryptionException: 'configuration',
  InvalidInputException: 'configuration',
};

const FIX_OF: Readonly<Record<string, string>> = {
  AccessDeniedException: 'Give the worker’s role access to the Glue database',
  UnrecognizedClientException: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  CredentialsProviderError: 'Give AWS credentials in the environment or a role',
  ExpiredTokenException: 'Renew the AWS credentials',
};

export function catalogError(what: string, on: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const { name, message } = error as Error;
  const fix = FIX_OF[name];
  return new SluiceError({
    kind: KIND_OF[name] ?? 'transient',
    what: `${what}: ${name}: ${message}`,
    on,
    ...(fix === undefined ? {} : { fix }),
    fields: { code: name },
    cause: error,
  });
}
