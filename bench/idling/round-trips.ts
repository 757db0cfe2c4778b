/** The limit of `idle`, in a process of its own: a worker whose activities do nothing, and as many of them as our hours have. */
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { temporalSettings } from '../../stores/temporal';
import { answerQuestions } from '../measuring/side-process';

export interface RoundTrips {
  /** in names of workflows, which are used once */
  readonly name: string;
  readonly workflows: number;
  readonly atOnce: number;
  readonly activities: number;
}

const TASK_QUEUE = 'bench-round-trips';

async function start(): Promise<Client> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { connectionOptions, namespace } = temporalSettings(process.env);
  const worker = await Worker.create({
    connection: await NativeConnection.connect(connectionOptions), namespace, taskQueue: TASK_QUEUE,
    workflowsPath: join(__dirname, 'round-trips-workflow.js'), activities: { nothing: () => Promise.resolve() },
  });
  worker.run().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
  return new Client({ connection: await Connection.connect(connectionOptions), namespace });
}

let client: Promise<Client> | undefined;

answerQuestions<RoundTrips, number>(async ({ name, workflows, atOnce, activities }) => {
  const { workflow } = await (client ??= start());
  let next = 0;
  const runOne = async (): Promise<void> => {
    while (next < workflows) {
      next += 1;
      await workflow.execute('roundTrips', { workflowId: `${name}-${next}`, taskQueue: TASK_QUEUE, args: [activities] });
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: atOnce }, runOne));
  return (performance.now() - started) / 1000;
});
