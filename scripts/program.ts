/** The command line of some commands: what is the same for all of them, and errors turned into sentences and exit codes. */
import { Command, CommanderError } from 'commander';
import { SluiceError } from '../contract/errors';
import { EXIT, exitCodeOf, Terminal } from './terminal';

export type AddCommand = (program: Command, terminalOf: () => Terminal) => void;

export function createProgram(commands: readonly AddCommand[]): { readonly program: Command; readonly terminalOf: () => Terminal } {
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
  for (const add of commands) add(program, terminalOf);
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

export async function main(commands: readonly AddCommand[], argv: readonly string[]): Promise<number> {
  const { program, terminalOf } = createProgram(commands);
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
export function run(commands: readonly AddCommand[]): void {
  // `sluice tail | head`: whoever read has seen enough, which is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
  });
  main(commands, process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  }, (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = EXIT.failed;
  });
}
