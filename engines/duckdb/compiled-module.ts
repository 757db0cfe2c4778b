/** Modules of WebAssembly, which the build makes of `assembly` folders. Each is compiled once in a thread, however many instances it has. */
import { readFileSync } from 'node:fs';
import { builtModule } from './built-module';

const PAGE_BYTES = 64 * 1024;
const modules = new Map<string, WebAssembly.Module>();

/** What a new instance exports; `name` is the built module's. */
export function instanceOf<Exports>(name: string, imports: WebAssembly.Imports = {}): Exports {
  let compiled = modules.get(name);
  if (compiled === undefined) modules.set(name, compiled = new WebAssembly.Module(readFileSync(builtModule(name))));
  return new WebAssembly.Instance(compiled, imports).exports as unknown as Exports;
}

/** An instance's memory. It grows to the most that was asked for, and gives nothing back. */
export class GrowingMemory {
  /** another one once there is more of it */
  bytes: Buffer;

  constructor(private readonly memory: WebAssembly.Memory) {
    this.bytes = Buffer.from(memory.buffer);
  }

  room(end: number): void {
    const missing = end - this.bytes.length;
    if (missing <= 0) return;
    this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.bytes = Buffer.from(this.memory.buffer);
  }
}
