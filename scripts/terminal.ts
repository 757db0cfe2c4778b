/** What a command says and how: results on stdout, everything else on stderr, one JSON document where `--json` is asked. */
import { SluiceError } from '../contract/errors';

/** A command that ran and failed (exit 1), as against one that was called wrongly (exit 2). */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export class Terminal {
  private progressShown = false;

  constructor(
    readonly json: boolean,
    private readonly stdout: NodeJS.WriteStream = process.stdout,
    private readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {}

  get interactive(): boolean {
    return this.stderr.isTTY === true && !this.json;
  }

  /** The command's answer. `render` makes the text for people. */
  result(document: unknown, render: () => string): void {
    this.endProgress();
    const text = this.json ? JSON.stringify(document, bigintAsText) : render();
    this.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** A line on the way: what is going on. Never on stdout. */
  say(text: string): void {
    this.endProgress();
    this.stderr.write(`${text}\n`);
  }

  /** A line that is overwritten by the next on a terminal; elsewhere it is left out, so that logs stay readable. */
  progress(text: string): void {
    if (!this.interactive) return;
    this.stderr.write(`\r\x1b[2K${text.slice(0, (this.stderr.columns ?? 80) - 1)}`);
    this.progressShown = true;
  }

  error(error: unknown): void {
    this.endProgress();
    if (error instanceof SluiceError) {
      this.stderr.write(`sluice: ${error.message}\n`);
    } else {
      this.stderr.write(`sluice: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    }
  }

  private endProgress(): void {
    if (!this.progressShown) return;
    this.stderr.write('\r\x1b[2K');
    this.progressShown = false;
  }
}

function bigintAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

export interface TableColumn {
  readonly title: string;
  readonly right?: boolean;
}

/** Columns padded to their widest cell; numbers to the right. */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) => Math.max(column.title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string => cells
    .map((cell, i) => (columns[i]?.right === true ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
    .join('  ')
    .trimEnd();
  return [line(columns.map((column) => column.title)), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
}

export function exitCodeOf(error: unknown): number {
  return error instanceof SluiceError && error.kind === 'usage' ? EXIT.usage : EXIT.failed;
}
