/** What set-up is doing: one line a part when it begins and ends, and one in between that moves. */
import type { Terminal } from '../terminal';

const TICK_MS = 15_000;

export class PartProgress {
  private readonly begun = Date.now();
  private bytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private doing = '';

  constructor(private readonly terminal: Terminal, private readonly part: string) {}

  /** `doing` as in "downloading 46 jars"; said again every 15 s, so that nobody takes a long build for a hang. */
  begin(doing: string): void {
    clearInterval(this.timer);
    this.doing = doing;
    this.terminal.say(this.line(doing));
    this.timer = setInterval(() => { this.terminal.say(this.line(`${this.doing} …`)); }, TICK_MS);
    this.timer.unref();
  }

  /** bytes that came in */
  add(bytes: number): void {
    this.bytes += bytes;
    this.terminal.progress(this.line(this.doing));
  }

  end(outcome: string): void {
    clearInterval(this.timer);
    this.terminal.say(this.line(outcome));
  }

  private line(text: string): string {
    const size = this.bytes === 0 ? '' : `, ${(this.bytes / 1e6).toFixed(1)} MB`;
    return `  ${this.part.padEnd(10)} ${text}${size}, ${((Date.now() - this.begun) / 1000).toFixed(1)} s`;
  }
}
