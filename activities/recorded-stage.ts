/** A stage of a revision as the ledger wants it: heartbeats while it goes on, its result and timing recorded when it is through. */
import { Context } from '@temporalio/activity';
import type { RevisionRef, Stage } from '../contract/stages';
import type { JobControl } from '../engines/engine';
import type { Ledger } from '../stores/ledger';
import { withHeartbeat } from './heartbeat';

export function recordedStage<Input extends RevisionRef, Result>(
  stage: Stage,
  ledger: Pick<Ledger, 'recordStage'>,
  body: (input: Input, control: JobControl) => Promise<Result>,
): (input: Input) => Promise<Result> {
  return (input) => withHeartbeat(async (control) => {
    const startedAt = new Date();
    const result = await body(input, control);
    await ledger.recordStage({
      landingHour: input.landingHour,
      revision: input.revision,
      stage,
      attempt: Context.current().info.attempt,
      startedAt,
      finishedAt: new Date(),
      result,
    });
    return result;
  });
}
