/** Writes dead letters as NDJSON, in the order of the lines. Nothing is ever dropped without a row here that says why. */
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeadLetter } from '../../contract/payment';
import { linesOf } from '../../contract/text-lines';

const FLUSH_CHARACTERS = 1024 * 1024;
const FILE_BYTES = 128 * 1024 * 1024;

export class DeadLetterFiles {
  private readonly names: string[] = [];
  private file: FileHandle | null = null;
  private written = 0;
  private pending: string[] = [];
  private pendingCharacters = 0;

  constructor(private readonly folder: string) {}

  async add(letter: DeadLetter): Promise<void> {
    const text = `${JSON.stringify(letter)}\n`;
    this.pending.push(text);
    this.pendingCharacters += text.length;
    if (this.pendingCharacters >= FLUSH_CHARACTERS) await this.flush();
  }

  /** Takes back the letters of objects that proved unreadable; answers with the names of the files. */
  async finish(quarantined: ReadonlySet<string>): Promise<readonly string[]> {
    await this.flush();
    await this.file?.close();
    if (quarantined.size === 0) return this.names;
    const kept: string[] = [];
    for (const name of this.names) if (await this.rewrite(name, quarantined)) kept.push(name);
    return kept;
  }

  private async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const bytes = Buffer.from(this.pending.join(''), 'utf8');
    this.pending = [];
    this.pendingCharacters = 0;
    if (this.file === null || this.written >= FILE_BYTES) await this.next();
    // write() may take less than it is given.
    await this.file!.writeFile(bytes);
    this.written += bytes.length;
  }

  private async next(): Promise<void> {
    await this.file?.close();
    await mkdir(this.folder, { recursive: true });
    const name = `dead-letters-${String(this.names.length + 1).padStart(5, '0')}.ndjson`;
    this.file = await open(join(this.folder, name), 'wx');
    this.names.push(name);
    this.written = 0;
  }

  private async rewrite(name: string, quarantined: ReadonlySet<string>): Promise<boolean> {
    const path = join(this.folder, name);
    const kept = await open(`${path}.kept`, 'w');
    let any = false;
    for await (const line of linesOf(createReadStream(path))) {
      if (quarantined.has((JSON.parse(line) as DeadLetter).object)) continue;
      any = true;
      await kept.writeFile(`${line}\n`);
    }
    await kept.close();
    if (any) await rename(`${path}.kept`, path);
    else await Promise.all([rm(path), rm(`${path}.kept`)]);
    return any;
  }
}
