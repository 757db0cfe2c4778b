/** The command line, with all its commands. */
import type { Command } from 'commander';
import { addApiCommand } from './commands/api';
import { addBackfillCommand } from './commands/backfill';
import { addCompactCommand } from './commands/compact';
import { addCodecServerCommand } from './commands/codec-server';
import { addCurateCommand } from './commands/curate';
import { addDeadLettersCommand } from './commands/dead-letters';
import { addDownCommand } from './commands/down';
import { addEraseCommand } from './commands/erase';
import { addGenerateCommand } from './commands/generate';
import { addKeysCommand } from './commands/keys';
import { addLandCommand } from './commands/land';
import { addPrepareCommand } from './commands/prepare';
import { addProofCommand } from './commands/proof';
import { addRebuildCommand } from './commands/rebuild';
import { addReconcileCommand } from './commands/reconcile';
import { addReportCommand } from './commands/report';
import { addRetentionCommand } from './commands/retention';
import { addRunCommand } from './commands/run';
import { addSchedulesCommand } from './commands/schedules';
import { addSetUpCommand } from './commands/set-up';
import { addStatusCommand } from './commands/status';
import { addTailCommand } from './commands/tail';
import { addUpCommand } from './commands/up';
import { addWorkerCommand } from './commands/worker';
import { rehearseStart } from '../workers/rehearsal';
import { createProgram as createProgramOf, main as mainOf, run as runProgram } from './program';
import type { Terminal } from './terminal';

const COMMANDS = [
  addUpCommand, addDownCommand, addSetUpCommand, addStatusCommand, addPrepareCommand, addGenerateCommand, addLandCommand, addRunCommand, addBackfillCommand, addProofCommand, addCurateCommand, addCompactCommand,
  addDeadLettersCommand, addEraseCommand, addTailCommand, addReconcileCommand, addReportCommand, addSchedulesCommand, addRebuildCommand, addRetentionCommand, addWorkerCommand, addApiCommand, addKeysCommand,
  addCodecServerCommand,
];

export function createProgram(): { readonly program: Command; readonly terminalOf: () => Terminal } {
  return createProgramOf(COMMANDS);
}

export async function main(argv: readonly string[]): Promise<number> {
  return mainOf(COMMANDS, argv);
}

export function run(): void {
  runProgram(COMMANDS);
}

/** What most processes do at their start, for the build (scripts/bundles/rehearsal.ts). */
export function rehearse(): void {
  createProgram();
  rehearseStart();
}

if (require.main === module) run();
