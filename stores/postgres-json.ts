/** Values as jsonb takes them. */

/**
 * JSON text without U+0000 and lone surrogates, which jsonb refuses: they come from hostile lines (a field's name, a sample),
 * and a hostile line must not fail the note that a run is over.
 */
export function jsonbText(value: unknown): string {
  // The alternatives are tried from the left, so that an escaped backslash before `u0000` stays what it is.
  return JSON.stringify(value).replace(/\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/g, (escape) => (escape === '\\\\' ? escape : '\\ufffd'));
}

/** Text that a column of Postgres can hold as it is. */
export function isStorableText(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}
