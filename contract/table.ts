/** A table as CSV, row by row: what spreadsheets and scripts take. Of the API and of scheduled reports alike. */

export interface TableColumn {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'money' | 'number' | 'timestamp' | 'date';
}

export type TableValue = string | number | bigint | null;
export type TableRow = Readonly<Record<string, TableValue>>;

export async function* csvOf(columns: readonly TableColumn[], pages: AsyncIterable<readonly TableRow[]>): AsyncGenerator<string> {
  yield `${columns.map(({ name }) => name).join(',')}\r\n`;
  for await (const rows of pages) {
    if (rows.length > 0) yield rows.map((row) => `${columns.map((column) => cellOf(column, row[column.name] ?? null)).join(',')}\r\n`).join('');
  }
}

function cellOf({ type }: TableColumn, value: TableValue): string {
  if (value === null) return '';
  const text = String(value);
  // A negative number is a number; text that begins so would be executed by a spreadsheet that opens the file.
  const safe = type === 'text' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
