/** The lines of a text that comes as a stream, by line feeds alone. A stream that breaks off is an error here, and one that is left early is closed: readline does neither. */
import type { Readable } from 'node:stream';

export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}
