/** `sluice up`: the local stack, and on it the application, until Ctrl-C, SIGTERM, the end of its terminal or the death of a part. */
import type { Command } from 'commander';
import type { SluiceError } from '../../contract/errors';
import { runApplication } from '../application';
import { stateDir } from '../setup/platform';
import { startStack, type Stack } from '../stack/stack';
import { EXIT, type Terminal } from '../terminal';

export interface UpOptions {
  /** stop again when the demo's hours have run */
  readonly once: boolean;
  /** forget the data of earlier starts */
  readonly fresh: boolean;
  readonly demo: boolean;
  readonly worker: boolean;
}

type Outcome =
  | { readonly kind: 'ready'; readonly proven: boolean }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'died'; readonly error: SluiceError }
  | { readonly kind: 'stopped' };

export function addUpCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('up')
    .description('start the local stack, a worker, the schedules and the demo, and stay up until Ctrl-C')
    .option('--once', 'stop when the demo’s hours have run; exit 0 only if every hour is proven')
    .option('--fresh', 'forget the data of earlier starts')
    .option('--no-demo', 'no demo data')
    .option('--no-worker', 'no worker: start your own with `sluice worker`')
    .action(async (given: { readonly once?: true; readonly fresh?: true; readonly demo: boolean; readonly worker: boolean }) => {
      const options: UpOptions = { once: given.once === true, fresh: given.fresh === true, demo: given.demo, worker: given.worker };
      // Not left to the event loop: an application that was interrupted may hold connections for a while.
      process.exit(await up(options, terminalOf()));
    });
}

async function up(options: UpOptions, terminal: Terminal): Promise<number> {
  let stack: Stack | undefined;
  const interrupted = onInterrupt(terminal, () => stack);
  try {
    stack = await startStack({ stateDir: stateDir(), fresh: options.fresh, ports: 'checkout', terminal, signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) terminal.error(error);
    return EXIT.failed;
  }
  // A Temporal or AWS account that the shell is set to is not where a demo belongs.
  Object.assign(process.env, stack.environment);
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'TEMPORAL_API_KEY', 'TEMPORAL_PROFILE']) Reflect.deleteProperty(process.env, name);
  const stopped = new Promise<Outcome>((resolve) => {
    const tell = (): void => { resolve({ kind: 'stopped' }); };
    if (interrupted.aborted) tell();
    else interrupted.addEventListener('abort', tell, { once: true });
  });
  const died = stack.died.then((error): Outcome => ({ kind: 'died', error }));
  const application = runApplication(stack, options, terminal)
    .then(({ proven }): Outcome => ({ kind: 'ready', proven }), (error: unknown): Outcome => ({ kind: 'failed', error }));
  const first = await Promise.race([application, died, stopped]);
  const last = first.kind === 'ready' && !options.once ? await Promise.race([died, stopped]) : first;
  if (last.kind === 'died') terminal.say('\nA part of the stack has died; stopping the others');
  if (last.kind === 'died' || last.kind === 'failed') terminal.error(last.error);
  await stack.stop();
  terminal.say('stopped');
  if (last.kind === 'ready') return last.proven ? EXIT.done : EXIT.failed;
  return last.kind === 'stopped' && first.kind === 'ready' ? EXIT.done : EXIT.failed;
}

/** The first Ctrl-C stops in order, the second at once. */
function onInterrupt(terminal: Terminal, stackOf: () => Stack | undefined): AbortSignal {
  const control = new AbortController();
  let last = 0;
  const interrupt = (): void => {
    // From a terminal under npm one Ctrl-C arrives several times: from the terminal, and passed on by npm.
    const again = Date.now() - last < 1_000;
    last = Date.now();
    if (again) return;
    if (!control.signal.aborted) {
      terminal.say('\nstopping (again to stop at once)');
      control.abort(new Error('interrupted'));
      return;
    }
    void (stackOf()?.stop('now') ?? Promise.resolve()).finally(() => { process.exit(EXIT.failed); });
  };
  // SIGHUP: the terminal was closed. What is said from then on nobody reads, and must not end us before the stack is stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return control.signal;
}
