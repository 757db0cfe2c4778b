/** What a Spark job says it did, read with suspicion: whoever lies in the lake under this name may be half written or of another job. */
import { z } from 'zod';
import { SluiceError, type ErrorKind } from '../../contract/errors';
import { REASONS } from '../../contract/payment';
import type { CurateOutcome } from '../engine';

/** Names below a job's `out`. The summary is written last: without it nothing was done, whatever the state of the run says. */
export const SUMMARY_NAME = 'summary.json';
/** Written in place of a summary where the job knows why it cannot go on. */
export const FAILURE_NAME = 'failure.json';

const count = z.number().int().min(0);
const digits = z.string().regex(/^-?[0-9]+$/);
const COUNTS = z.object({
  lines: count, blank: count, dead: count, erased: count, duplicates: count, curated: count,
  quarantined: z.array(z.string()),
  sums: z.object({
    rows: count, sumRowHash: digits,
    totals: z.array(z.object({ currency: z.string(), status: z.string(), count, amountCents: digits })),
  }),
  reasons: z.partialRecord(z.enum(REASONS), count),
  unknownFields: z.array(z.object({ field: z.string(), count, firstSeen: z.string() })),
  cards: count,
});
const SUMMARY = z.object({
  job: z.string(),
  counts: COUNTS,
  sent: z.object({
    files: count, lines: count, unreadable: count,
    totals: z.array(z.object({ currency: z.string(), count, amountCents: digits })),
  }).optional(),
  files: z.array(z.object({ path: z.string(), dt: z.string(), merchantId: z.string(), rows: count, bytes: count })),
  deadLetterFiles: z.array(z.string()),
});
const FAILURE = z.object({ job: z.string(), kind: z.enum(['data', 'configuration', 'manifest_stale', 'transient']), what: z.string(), on: z.string(), fix: z.string() });

/** `sha256` is the description's; `on` names the summary in messages. */
export function readSummary(text: string, sha256: string, on: string = SUMMARY_NAME): CurateOutcome {
  const { counts, sent, files, deadLetterFiles } = summaryOf(SUMMARY, text, sha256, on);
  const accounted = counts.blank + counts.dead + counts.erased + counts.duplicates + counts.curated;
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  if (counts.lines !== accounted || counts.curated !== rows || counts.curated !== counts.sums.rows) {
    throw unusable('data', `the Spark job's numbers do not add up: ${counts.lines} lines, ${accounted} accounted for, ${counts.curated} curated, ` +
      `${rows} in files, ${counts.sums.rows} summed`, on, 'This is a fault of the job; keep what it wrote and report it');
  }
  return { counts, ...(sent === undefined ? {} : { sent }), files, deadLetterFiles };
}

/** Of the job whose description has that digest, whatever the job is. */
export function summaryOf<Summary extends { readonly job: string }>(schema: z.ZodType<Summary>, text: string, sha256: string, on: string): Summary {
  const parsed = schema.safeParse(parsedJson(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw unusable('transient', `the Spark job's summary cannot be used: ${issue.path.join('.') || 'the whole'}: ${issue.message}`, on, 'It is made again by the next attempt');
  }
  if (parsed.data.job !== sha256) throw unusable('transient', 'the summary is of another Spark job', on, 'Each attempt has a prefix of its own; it is made again by the next one');
  return parsed.data;
}

/** What the job left in `failure.json`; null where it says nothing that can be used. */
export function readFailure(text: string, sha256: string): SluiceError | null {
  const parsed = FAILURE.safeParse(parsedJson(text));
  if (!parsed.success || parsed.data.job !== sha256) return null;
  const { kind, what, on, fix } = parsed.data;
  return new SluiceError({ kind, what, on, fix });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function unusable(kind: ErrorKind, what: string, on: string, fix: string): SluiceError {
  return new SluiceError({ kind, what, on, fix });
}
