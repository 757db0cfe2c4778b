/**
 * One error for all of Sluice: what failed, on which thing, what to do about it, and whose fault it is.
 * The kind decides whether Temporal tries again; a wrong kind either hammers a setting that will never work or gives
 * up on a network that would have come back.
 */
export type ErrorKind =
  /** the data are wrong; trying again reads the same data */
  | 'data'
  /** a setting is wrong or missing; fails at once with the setting's name */
  | 'configuration'
  /** the caller asked for something that makes no sense */
  | 'usage'
  /** a newer attempt or revision owns this; the caller must not change anything any more */
  | 'fenced'
  /** the manifest no longer describes the lake; land again */
  | 'manifest_stale'
  /** asked to slow down; try again later */
  | 'throttled'
  /** a part did not answer as it should; try again */
  | 'transient';

export const RETRYABLE_KINDS: readonly ErrorKind[] = ['throttled', 'transient'];

export interface ErrorParts {
  readonly kind: ErrorKind;
  /** what failed, as a sentence without its last full stop */
  readonly what: string;
  /** on which thing: a key, a setting, an hour */
  readonly on?: string;
  /** what to do */
  readonly fix?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class SluiceError extends Error {
  readonly kind: ErrorKind;
  readonly what: string;
  readonly on: string | undefined;
  readonly fix: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(parts: ErrorParts) {
    const on = parts.on === undefined ? '' : ` (${parts.on})`;
    const fix = parts.fix === undefined ? '' : `. ${parts.fix}`;
    super(`${parts.what}${on}${fix}`, { cause: parts.cause });
    this.name = 'SluiceError';
    this.kind = parts.kind;
    this.what = parts.what;
    this.on = parts.on;
    this.fix = parts.fix;
    this.fields = parts.fields ?? {};
  }

  get retryable(): boolean {
    return RETRYABLE_KINDS.includes(this.kind);
  }
}
