/** A side of a comparison in a process of its own, as its peer's is: its memory and its processor's time are its alone. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { checkoutRoot } from '../../scripts/setup/platform';

type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string };

export interface SideProcess<Question, Answer> {
  readonly pid: number;
  /** one at a time */
  ask(question: Question): Promise<Answer>;
  end(): Promise<void>;
}

/** `module`: a compiled file below bench/, without its ending, that calls `answerQuestions`. */
export function startSide<Question, Answer>(module: string): SideProcess<Question, Answer> {
  const child = fork(join(checkoutRoot(), 'dist', 'bench', `${module}.js`), {
    stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced', execArgv: [], env: process.env,
  });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => { reject(new Error(`${module} ended with ${signal ?? `exit code ${code}`}`)); });
  });
  // It may end while nobody asks.
  ended.catch(() => undefined);
  return {
    pid: child.pid!,
    async ask(question) {
      child.send(question as object);
      const [reply] = await Promise.race([once(child, 'message') as Promise<[Reply<Answer>]>, ended]);
      if ('failure' in reply) throw new Error(`${module}: ${reply.failure}`);
      return reply.answer;
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

/** In the child. It ends when its parent does or hangs up. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.on('disconnect', () => { process.exit(0); });
  process.on('message', (question: Question) => {
    answer(question).then(
      (found) => { process.send!({ answer: found }); },
      (error: unknown) => { process.send!({ failure: error instanceof Error ? error.stack ?? error.message : String(error) }); },
    );
  });
}
