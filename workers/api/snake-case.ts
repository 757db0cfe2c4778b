/** The ledger's documents have names as TypeScript writes them; the API's have snake_case, as its columns do. */
export function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? value.toString() : value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined).map(([name, inner]) => [
    // Only names that are ours: others (a field's name, a currency) stay as they are.
    /^[a-z][A-Za-z0-9]*$/.test(name) ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name,
    snake(inner),
  ]));
}
