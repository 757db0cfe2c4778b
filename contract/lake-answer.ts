/** What the lake answers to a question: columns and typed rows, the same whichever engine was asked. Pure. */
import { SluiceError } from './errors';

/**
 * integer: number; whole: bigint (bigint, and decimals without a scale); exact: text of a decimal with a scale; date: `YYYY-MM-DD`; instant: epoch
 * microseconds, bigint. Money and instants never pass through a JavaScript number.
 */
export type LakeType = 'text' | 'integer' | 'whole' | 'exact' | 'double' | 'boolean' | 'date' | 'instant';
export type LakeCell = string | number | bigint | boolean | null;
export type LakeRow = Readonly<Record<string, LakeCell>>;

export interface LakeColumn {
  readonly name: string;
  readonly type: LakeType;
}

const TYPES: Readonly<Record<string, LakeType>> = {
  varchar: 'text', char: 'text', string: 'text',
  tinyint: 'integer', smallint: 'integer', int: 'integer', integer: 'integer', bigint: 'whole', hugeint: 'whole',
  float: 'double', real: 'double', double: 'double', boolean: 'boolean', date: 'date', timestamp: 'instant',
};

/** Of an engine’s own name of a type: `bigint`, `decimal(38,0)`, `VARCHAR`, `timestamp(6)`. */
export function lakeTypeOf(column: string, engineType: string): LakeType {
  const [, name, places] = /^([a-z ]+?)\s*(?:\((.*)\))?$/.exec(engineType.toLowerCase()) ?? [];
  const type = name === 'decimal' ? (/(^|,)\s*0$/.test(places ?? '') ? 'whole' : 'exact') : TYPES[name ?? ''];
  if (type !== undefined) return type;
  throw new SluiceError({ kind: 'data', what: `the answer has a column of the type ${engineType}`, on: column, fix: 'Cast it in the question’s .sql file' });
}

/** From the text in which every engine writes it; null stays null, and the empty text is a text. */
export function readCell({ name, type }: LakeColumn, text: string | null): LakeCell {
  if (text === null) return null;
  switch (type) {
    case 'text': case 'exact': case 'date': return text;
    case 'integer': return Number(wholeNumber(name, text));
    case 'whole': return wholeNumber(name, text);
    case 'double': return double(name, text);
    case 'boolean': return text === 'true';
    case 'instant': return microseconds(name, text);
  }
}

export function readRow(columns: readonly LakeColumn[], texts: readonly (string | null)[]): LakeRow {
  return Object.fromEntries(columns.map((column, i) => [column.name, readCell(column, texts[i] ?? null)]));
}

function wholeNumber(name: string, text: string): bigint {
  if (/^-?[0-9]+$/.test(text)) return BigInt(text);
  throw unreadable(name, text, 'whole number');
}

function double(name: string, text: string): number {
  if (/^(NaN|-?Infinity|[+-]?[0-9.]+(e[+-]?[0-9]+)?)$/i.test(text)) return Number(text);
  throw unreadable(name, text, 'number');
}

/** `2026-11-20 10:00:00.123456`: UTC, as both engines are told to write it; further digits are cut. */
function microseconds(name: string, text: string): bigint {
  const [, date, time, fraction = ''] = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?: UTC)?$/.exec(text) ?? [];
  if (date === undefined) throw unreadable(name, text, 'timestamp');
  return BigInt(Date.parse(`${date}T${time}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

function unreadable(name: string, text: string, wanted: string): SluiceError {
  return new SluiceError({ kind: 'data', what: `the answer has ${JSON.stringify(text.slice(0, 60))} where a ${wanted} is due`, on: name });
}
