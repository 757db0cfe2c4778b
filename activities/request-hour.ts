/**
 * requestHour: asks an hour's own workflow for a run (attach or start) on behalf of another workflow. The request id makes a
 * second asking the same asking, so a retry is harmless.
 */
import type { RunAnswer } from '../contract/run';
import type { RequestHourInput } from '../contract/stages';
import type { Hours } from '../stores/temporal';
import { withHeartbeat } from './heartbeat';

export interface RequestHourParts {
  readonly hours: Hours;
}

export function createRequestHour({ hours }: RequestHourParts) {
  return async function requestHour({ landingHour, request }: RequestHourInput): Promise<RunAnswer> {
    return withHeartbeat((control) => hours.request(landingHour, request, control.signal));
  };
}
