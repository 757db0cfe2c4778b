/**
 * alarm: tells people of an hour that is broken, missing or failed, of a day that does not agree or waits for approval, and of a report that
 * could not go out: a line in the log at level error, and the webhook where one is configured. Told twice after a lost answer; better than not at all.
 */
import { log } from '@temporalio/activity';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import type { AlarmInput } from '../contract/stages';
import { withHeartbeat } from './heartbeat';

const ANSWER_WITHIN_MS = 10_000;

export interface AlarmParts {
  readonly configuration: Pick<Configuration, 'SLUICE_ALARM_WEBHOOK'>;
}

export function createAlarm({ configuration }: AlarmParts) {
  return async function alarm(input: AlarmInput): Promise<void> {
    await withHeartbeat(async ({ signal }) => {
      log.error(`ALARM ${sentenceOf(input)}`, { alarm: input });
      if (configuration.SLUICE_ALARM_WEBHOOK === undefined) return;
      await post(configuration.SLUICE_ALARM_WEBHOOK, input, signal);
    });
  };
}

function sentenceOf(input: AlarmInput): string {
  return `${subjectOf(input)}: ${input.message}`;
}

function subjectOf(input: AlarmInput): string {
  if ('landingHour' in input) return `${input.landingHour} is ${input.state}`;
  if ('report' in input) return `report of ${input.date}${input.merchant === null ? '' : ` for ${input.merchant}`}: ${input.report.replaceAll('_', ' ')}`;
  return `reconciliation of ${input.date}: ${input.state.replaceAll('_', ' ')}`;
}

/** The address may hold a token, so it is in no error. */
async function post(url: string, input: AlarmInput, signal: AbortSignal): Promise<void> {
  let status: number;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // `text` is what chat tools show.
      body: JSON.stringify({ text: `Sluice: ${sentenceOf(input)}`, ...input }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    status = answer.status;
  } catch (error) {
    throw notTold(`it did not answer (${(error as Error).name})`);
  }
  if (status >= 300) throw notTold(`it answered ${status}`);
}

function notTold(why: string): SluiceError {
  return new SluiceError({ kind: 'transient', what: `the alarm’s webhook was not told: ${why}`, on: 'SLUICE_ALARM_WEBHOOK' });
}
