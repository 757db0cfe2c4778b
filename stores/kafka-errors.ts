/** Whose fault an answer of Kafka is. */
import { SluiceError, type ErrorKind } from '../contract/errors';

interface Verdict {
  readonly kind: ErrorKind;
  readonly fix: string;
}

const FENCED: Verdict = { kind: 'fenced', fix: 'Another attempt took the hour over; this one has changed nothing' };
const FORBIDDEN: Verdict = { kind: 'configuration', fix: 'Give SLUICE_KAFKA_USERNAME the rights on topic, group and transactional id' };

const VERDICTS: Readonly<Record<string, Verdict>> = {
  INVALID_PRODUCER_EPOCH: FENCED,
  PRODUCER_FENCED: FENCED,
  INVALID_PRODUCER_ID_MAPPING: FENCED,
  // The transaction was aborted over our head, and the partition knows of it before it knows of the new epoch.
  INVALID_TXN_STATE: FENCED,
  TOPIC_AUTHORIZATION_FAILED: FORBIDDEN,
  GROUP_AUTHORIZATION_FAILED: FORBIDDEN,
  CLUSTER_AUTHORIZATION_FAILED: FORBIDDEN,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: FORBIDDEN,
  KafkaJSSASLAuthenticationError: { kind: 'configuration', fix: 'Check SLUICE_KAFKA_SASL, SLUICE_KAFKA_USERNAME and SLUICE_KAFKA_PASSWORD' },
  INVALID_TRANSACTION_TIMEOUT: {
    kind: 'configuration',
    fix: 'SLUICE_KAFKA_TRANSACTION_SECONDS is more than the broker’s transaction.max.timeout.ms allows',
  },
  INVALID_REPLICATION_FACTOR: { kind: 'configuration', fix: 'SLUICE_KAFKA_REPLICATION is more than there are brokers' },
  MESSAGE_TOO_LARGE: { kind: 'configuration', fix: 'Raise max.message.bytes of the topic' },
  UNKNOWN_TOPIC_OR_PARTITION: { kind: 'transient', fix: 'The topic is created when a worker starts; check SLUICE_KAFKA_TOPIC' },
};

export function kafkaError(what: string, on: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const causes = causesOf(error);
  const code = causes.map(codeOf).find((name) => name in VERDICTS);
  const verdict = code === undefined ? undefined : VERDICTS[code];
  return new SluiceError({
    kind: verdict?.kind ?? 'transient',
    what: `${what}: ${(causes.at(-1) as Error | undefined)?.message ?? String(error)}`,
    on,
    ...(verdict === undefined ? {} : { fix: verdict.fix }),
    fields: { code: code ?? codeOf(causes.at(-1)) },
    cause: error,
  });
}

/** The protocol's error by itself or under kafkajs' wrappings ("retries exceeded", "non-retriable"). */
export function isKafkaCode(error: unknown, code: string): boolean {
  return causesOf(error).some((cause) => codeOf(cause) === code);
}

function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let next = error; next instanceof Error && !causes.includes(next); next = next.cause) causes.push(next);
  return causes;
}

function codeOf(error: unknown): string {
  const { type, name } = (error ?? {}) as { readonly type?: string; readonly name?: string };
  return type ?? name ?? 'unknown';
}
