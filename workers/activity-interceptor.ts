/**
 * Around every activity: whose line of the log it is, how long it took, what it counted, and what Temporal is told when it
 * fails. An activity throws SluiceErrors and leaves the rest to this.
 */
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { CompleteAsyncError, type Context } from '@temporalio/activity';
import type { ActivityInterceptors, ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Logger } from 'pino';
import { SluiceError } from '../contract/errors';
import type { Faults } from './faults';
import { withRunFields, type RunFields } from './log';
import type { Metrics } from './metrics';
import type { Redaction } from './redaction';

export interface InterceptorParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly redaction: Redaction;
  readonly faults: Faults;
}

export function createActivityInterceptor(parts: InterceptorParts): ActivityInterceptorsFactory {
  return (context): ActivityInterceptors => {
    let fields = fieldsOf(context, []);
    return {
      inbound: {
        execute: (input, next) => {
          fields = fieldsOf(context, input.args);
          return withRunFields(fields, () => observed(parts, fields, context, () => next(input)));
        },
      },
      // The SDK may write an activity's lines later, outside of it, so they carry the fields themselves.
      outbound: { getLogAttributes: (input, next) => ({ ...next(input), ...fields }) },
    };
  };
}

async function observed(
  parts: InterceptorParts,
  { activity, landingHour }: RunFields,
  context: Context,
  body: () => Promise<unknown>,
): Promise<unknown> {
  const { log, metrics, redaction, faults } = parts;
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  log.info(`${activity} starts`);
  try {
    await faults.at(activity, landingHour, 'before');
    const result = await body();
    await faults.at(activity, landingHour, 'after');
    metrics.stageEnded(activity, 'done', seconds());
    log.info({ ...runOf(landingHour, (result as { readonly revision?: unknown } | undefined)?.revision), seconds: rounded(seconds()), result }, `${activity} done`);
    count(parts, activity, result);
    return result;
  } catch (error) {
    if (error instanceof CompleteAsyncError) throw error;
    if (context.cancellationSignal.aborted) {
      metrics.stageEnded(activity, 'cancelled', seconds());
      log.warn({ seconds: rounded(seconds()) }, `${activity} cancelled`);
    } else {
      metrics.stageEnded(activity, 'failed', seconds());
      log.error({ seconds: rounded(seconds()), err: error }, `${activity} failed`);
    }
    throw failureOf(error, redaction);
  }
}

/** A count that cannot be had must not fail the stage that was counted. */
function count({ log, metrics }: InterceptorParts, activity: string, result: unknown): void {
  try {
    metrics.learned(activity, result);
  } catch (error) {
    log.warn({ err: error }, `what ${activity} learned is not in the metrics`);
  }
}

/**
 * The workflow decides by the failure's type, and Temporal by nonRetryable. The cause stays in the log: nobody has looked
 * through it for secrets, and the Temporal UI shows it to everybody.
 */
export function failureOf(error: unknown, redaction: Redaction): unknown {
  // Cancellation, and failures that say already what they are.
  if (error instanceof TemporalFailure) return error;
  const known = error instanceof SluiceError ? error : null;
  const failure = ApplicationFailure.create({
    message: redaction.text(error instanceof Error ? error.message : String(error)),
    type: known?.kind ?? (error instanceof Error ? error.name : 'Error'),
    nonRetryable: known !== null && !known.retryable,
    ...(known === null ? {} : { details: [redaction.value(known.fields)] }),
  });
  if (error instanceof Error && error.stack !== undefined) failure.stack = redaction.text(error.stack);
  return failure;
}

function fieldsOf({ info }: Context, args: readonly unknown[]): RunFields {
  const input = args[0] as { readonly landingHour?: unknown; readonly revision?: unknown } | undefined;
  const landingHour = typeof input?.landingHour === 'string' ? input.landingHour : undefined;
  return {
    activity: info.activityType,
    attempt: info.attempt,
    ...(info.workflowExecution === undefined ? {} : { workflowRun: info.workflowExecution.runId }),
    ...(landingHour === undefined ? {} : { landingHour }),
    ...runOf(landingHour, input?.revision),
  };
}

/** land is the first to know its revision. */
function runOf(landingHour: string | undefined, revision: unknown): Pick<RunFields, 'revision' | 'run'> {
  return landingHour === undefined || typeof revision !== 'number' ? {} : { revision, run: `${landingHour}-r${revision}` };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
