/**
 * The lines of a text that comes in pieces, by line feeds alone; empty ones are left out. Not by readline: that one takes a stream which
 * breaks off for one that is over, and newer Nodes part a line at U+2028, which a text inside of JSON may hold.
 */

export async function* linesOf(pieces: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + (typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }))).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
