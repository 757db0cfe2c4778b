/**
 * load: the run's records into Postgres, with the winners over all hours and the ledger's note, in one transaction. Killed
 * anywhere, nothing of it is there, or all of it; a second run finds it loaded and changes nothing. A newer revision fences it.
 */
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { SluiceError } from '../contract/errors';
import type { LoadInput, LoadResult } from '../contract/stages';
import type { Engine } from '../engines/engine';
import type { PaymentsTopic } from '../stores/kafka';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { Payments } from '../stores/payments';
import type { LoadJob } from '../stores/payments-load';
import { withHeartbeat } from './heartbeat';
import { changesFromLake, rowsFromLake } from './lake-rows';
import { workerName } from './recorded-stage';
import { withWorkFolder } from './work-folder';

export interface LoadParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly topic: PaymentsTopic;
  readonly payments: Payments;
  readonly workDir: string;
}

export function createLoad({ lake, ledger, engine, topic, payments, workDir }: LoadParts) {
  return async function load(input: LoadInput): Promise<LoadResult> {
    return withHeartbeat((control) => withWorkFolder(workDir, async (folder) => {
      const parts = { lake, ledger, engine };
      let hoursRead = 0;
      const job: LoadJob = {
        input,
        records: () => topic.readRun({ landingHour: input.landingHour, revision: input.revision, ranges: input.publish.ranges, signal: control.signal, byKey: true }),
        rowsOfHour: (hour, wanted) => {
          hoursRead += 1;
          return rowsFromLake(parts, hour, wanted, join(folder, `hour-${hoursRead}`), control);
        },
        attempt: Context.current().info.attempt,
        worker: workerName(),
        signal: control.signal,
        progress: (step, lines) => control.progress({ step, ...(lines === undefined ? {} : { lines }) }),
      };
      try {
        return await payments.load(job);
      } catch (error) {
        if (!isPastRetention(error)) throw error;
        return await payments.load({ ...job, records: () => changesFromLake(parts, input, join(folder, 'run'), control) });
      }
    }));
  };
}

/** The topic has dropped what the run published; the lake still has it. */
function isPastRetention(error: unknown): boolean {
  return error instanceof SluiceError && error.fields.pastRetention === true;
}
