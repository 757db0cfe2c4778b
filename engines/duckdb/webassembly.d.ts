/** What compiled-module.ts and its callers use of it: TypeScript knows the rest only of browsers. */
declare namespace WebAssembly {
  type Imports = Readonly<Record<string, Readonly<Record<string, (...given: number[]) => unknown>>>>;
  // oxlint-disable-next-line typescript/no-extraneous-class -- what it is made of is nobody’s business
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Global {
    readonly value: number;
  }
}
