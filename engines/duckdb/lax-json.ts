/** What DuckDB's parser takes for JSON and nobody else does: NaN, infinities, a comma with nothing behind it. Outside of texts they are what nothing else can be. */
const LAX = /nan|inf|,[ \t\r]*[}\]]/i;
const TEXT = /"(?:[^"\\]|\\.)*"/g;

/** A line that is no JSON at all may answer anything. */
export function isLaxJson(line: string): boolean {
  return LAX.test(line) && LAX.test(line.replace(TEXT, '""'));
}
