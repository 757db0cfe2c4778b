/** The command line. Registers the commands, and turns errors into sentences and exit codes. */
import { Command, CommanderError } from 'commander';
import { SluiceError } from '../contract/errors';
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
import { EXIT, exitCodeOf, Terminal } from './terminal';


const COMMANDS = [
  addUpCommand, addDownCommand, addSetUpCommand, addStatusCommand, addPrepareCommand, addGenerateCommand, addLandCommand, addRunCommand, addBackfillCommand, addProofCommand, addCurateCommand, addCompactCommand,
  addDeadLettersCommand, addEraseCommand, addTailCommand, addReconcileCommand, addReportCommand, addSchedulesCommand, addRebuildCommand, addRetentionCommand, addWorkerCommand, addApiCommand, addKeysCommand,
  addCodecServerCommand,
];

export function createProgram(): { readonly program: Command; readonly terminalOf: () => Terminal } {
  const program = new Command('sluice')
    .description('Moves a wallet’s payments from raw lines in a lake to numbers people trust.')
    // Or `reconcile show --date D` would hand the option to `reconcile`, which has one of that name.
    .enablePositionalOptions()
    .option('--json', 'print one JSON document and nothing else on stdout')
    .helpOption('-h, --help', 'show help')
    .addHelpText('after', `
Begin with
  npx sluice up                                       the local stack, demo data, three proven hours
  npx sluice proof --landing-hour 2026-11-20T10       the proof of an hour, store by store
  npx sluice dead-letters list                        what was refused, and why

Landing hours are UTC, like 2026-11-20T10. Exit codes: 0 done, 1 ran and failed, 2 called wrongly.`)
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .showHelpAfterError('(--help shows how)')
    .exitOverride();
  let terminal: Terminal | undefined;
  const terminalOf = (): Terminal => (terminal ??= new Terminal(process.argv.includes('--json')));
  for (const add of COMMANDS) add(program, terminalOf);
  // `--json` may stand before or after the command; exitOverride does not reach commands by itself.
  for (const command of allOf(program)) {
    if (command !== program && !command.options.some((option) => option.long === '--json')) {
      command.option('--json', 'print one JSON document and nothing else on stdout');
    }
    command.exitOverride();
  }
  return { program, terminalOf };
}

function allOf(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

export async function main(argv: readonly string[]): Promise<number> {
  const { program, terminalOf } = createProgram();
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminalOf().error(error);
    if (terminalOf().json) terminalOf().result({ error: describe(error) }, () => '');
    return exitCodeOf(error);
  }
}

function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof SluiceError) return { kind: error.kind, what: error.what, on: error.on, fix: error.fix };
  return { kind: 'internal', what: error instanceof Error ? error.message : String(error) };
}

/** as a process: `main` for its exit code */
export function run(): void {
  // `sluice tail | head`: whoever read has seen enough, which is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
  });
  main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  }, (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = EXIT.failed;
  });
}

/** What most processes do at their start, for the build (scripts/bundles/rehearsal.ts). */
export function rehearse(): void {
  createProgram();
  rehearseStart();
}

if (require.main === module) run();
