/** Memory that goes as soon as it is read: left to the collector of garbage, it is what that is called for, or lies there until it is. */

/** Node has it from 22 on; the types are of the oldest one that is supported. */
type Transferable = ArrayBufferLike & { readonly transfer?: (bytes: number) => ArrayBuffer };

/** A chunk is there until the next one is asked for. Several in a row may share memory, as long as none does later. */
export async function* givenBack(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let last: Buffer | null = null;
  for await (const chunk of chunks) {
    if (last !== null && last.buffer !== chunk.buffer) giveBack(last);
    last = chunk;
    yield chunk;
  }
}

/** Of bytes that nobody else has. */
export function giveBack({ buffer }: Uint8Array): void {
  // One of that size may be what Node keeps for many.
  if (buffer.byteLength !== Buffer.poolSize) (buffer as Transferable).transfer?.(0);
}
