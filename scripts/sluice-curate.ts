/** `sluice curate` alone: it talks to no service, and what the other commands need for theirs takes four times as long to load as all of it. */
import { addCurateCommand } from './commands/curate';
import { createProgram, run as runProgram } from './program';

const COMMANDS = [addCurateCommand];

export function run(): void {
  runProgram(COMMANDS);
}

/** For the build (scripts/bundles/rehearsal.ts). */
export function rehearse(): void {
  createProgram(COMMANDS);
}

if (require.main === module) run();
