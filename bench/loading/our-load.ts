/** Our side of `load`, in a process of its own: the load that the worker's activity does, from our topic, the ledger's note included. */
import { readConfiguration } from '../../contract/configuration';
import type { PublishMode } from '../../contract/run';
import type { LoadInput, LoadResult } from '../../contract/stages';
import { openTopic } from '../../stores/kafka';
import { openLedger, type Ledger } from '../../stores/ledger';
import { openPayments } from '../../stores/payments';
import { openPostgres } from '../../stores/postgres';
import { openSchemaRegistry } from '../../stores/schema-registry';
import { answerQuestions } from '../measuring/side-process';

export interface LoadQuestion {
  readonly input: LoadInput;
  /** null: the revision is there and is asked for again */
  readonly publish: PublishMode | null;
}

export interface LoadAnswer {
  /** of the load alone, without the revision's opening */
  readonly seconds: number;
  readonly result: LoadResult;
}

const configuration = readConfiguration(process.env);
const loader = openPostgres(configuration, 'loader');
const payments = openPayments(loader, openPostgres(configuration, 'reader'));
const topic = openTopic(configuration, openSchemaRegistry(configuration), () => undefined);
const ledger = openLedger(loader);

answerQuestions<LoadQuestion, LoadAnswer>(async ({ input, publish }) => {
  if (publish !== null) await open(ledger, input, publish);
  const { signal } = new AbortController();
  const started = performance.now();
  const result = await payments.load({
    input, attempt: 1, worker: 'bench', signal, progress: () => undefined,
    records: () => topic.readRun({ landingHour: input.landingHour, revision: input.revision, ranges: input.publish.ranges, signal, byKey: true }),
    rowsOfHour: () => { throw new Error('no other hour was ever loaded'); },
  });
  return { seconds: (performance.now() - started) / 1000, result };
});

/** As land and commit would have left it. */
async function open(ledger: Ledger, { landingHour, revision }: LoadInput, publish: PublishMode): Promise<void> {
  const opened = await ledger.openRevision({
    landingHour, round: 1, kind: 'manual', by: 'bench', publish, force: true, manifestFingerprint: 'bench', transformFingerprint: 'bench', contractVersion: 1,
    objects: 1, bytes: 1, workflowId: 'bench', workflowRunId: `bench-${revision}`, attemptToken: 'bench',
  });
  if (opened.revision !== revision) throw new Error(`revision ${opened.revision} was opened and not ${revision}`);
  await ledger.markCommitted({ landingHour, revision });
}
