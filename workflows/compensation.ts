/** What must be undone when a run cannot go on: last in, first out, and not to be cancelled itself. */
import { CancellationScope, log } from '@temporalio/workflow';

export class Compensation {
  private readonly undos: { readonly name: string; readonly undo: () => Promise<void> }[] = [];

  /** Call this before the step: a step that was killed half-way needs its undo too. The undo does nothing where there is nothing. */
  register(name: string, undo: () => Promise<void>): void {
    this.undos.push({ name, undo });
  }

  /** Runs every undo, also after one that fails; answers with those that failed, so that nothing is swallowed. */
  async run(): Promise<readonly string[]> {
    return CancellationScope.nonCancellable(async () => {
      const failed: string[] = [];
      for (const { name, undo } of this.undos.reverse()) {
        try {
          await undo();
        } catch (error) {
          log.error(`undo of ${name} failed`, { error });
          failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      this.undos.length = 0;
      return failed;
    });
  }
}
