/** A stage of a revision as the ledger wants it: heartbeats while it goes on, its result and timing recorded when it is through. */
import { hostname } from 'node:os';
import { Context } from '@temporalio/activity';
import type { RevisionRef, Stage } from '../contract/stages';
import type { LakeCurateControl } from '../engines/engine';
import type { Ledger } from '../stores/ledger';
import { withHeartbeat } from './heartbeat';

export function recordedStage<Input extends RevisionRef, Result>(
  stage: Stage,
  ledger: Pick<Ledger, 'recordStage'>,
  body: (input: Input, control: LakeCurateControl) => Promise<Result>,
): (input: Input) => Promise<Result> {
  return (input) => withHeartbeat(async (control) => {
    const startedAt = new Date();
    const result = await body(input, control);
    await ledger.recordStage({
      landingHour: input.landingHour,
      revision: input.revision,
      stage,
      attempt: Context.current().info.attempt,
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      worker: workerName(),
      result,
    });
    return result;
  });
}

/** Which process it was, for whoever reads the ledger at night. */
export function workerName(): string {
  return `${process.pid}@${hostname()}`;
}
