/** Tools that set-up calls (go, python, tar), with their last words when they fail. */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SluiceError } from '../../contract/errors';

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** text on its standard input */
  readonly input?: string;
  /** every line that it says, as it says it */
  readonly line?: (text: string) => void;
  readonly fix?: string;
}

/** A build that went on after Ctrl-C would be an orphan. */
const running = new Set<ChildProcess>();
process.on('exit', () => { for (const child of running) child.kill('SIGTERM'); });

export async function runTool(run: ToolRun): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.command, [...run.args], {
      cwd: run.cwd,
      env: run.environment ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(run.uid === undefined ? {} : { uid: run.uid }),
      ...(run.gid === undefined ? {} : { gid: run.gid }),
    });
    running.add(child);
    let said = '';
    const hear = (chunk: Buffer): void => {
      const text = chunk.toString('utf8');
      said = (said + text).slice(-20_000);
      if (run.line !== undefined) for (const line of text.split('\n')) if (line.trim() !== '') run.line(line.trim());
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const fail = (how: string, cause?: unknown): void => {
      const words = said.trim().split('\n').slice(-8).join('\n');
      reject(new SluiceError({
        kind: 'transient',
        what: `\`${run.command} ${run.args.slice(0, 3).join(' ')}\` ${how}${words === '' ? '' : `:\n${words}\n`}`,
        ...(run.fix === undefined ? {} : { fix: run.fix }),
        cause,
      }));
    };
    child.on('error', (error) => { fail(`could not be run: ${error.message}`, error); });
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0) resolve(said);
      else fail(`ended with ${signal ?? `exit code ${code}`}`);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.input ?? '');
  });
}

export function onPath(command: string, environment: NodeJS.ProcessEnv = process.env): string | null {
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      continue;
    }
  }
  return null;
}
