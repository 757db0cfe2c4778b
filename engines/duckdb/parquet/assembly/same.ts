/** The dictionaries of columns of which all rows of a row group have the same value. */
import { putAll } from './thrift';

/** Of a text's length. */
const LENGTH: usize = 4;
/** The value as a page has it, of a text without its length. */
export let value: usize = 0;
export let valueBytes: u32 = 0;

/** The dictionary's page. */
export function putSameText(start: usize, bytes: u32, to: usize): usize {
  store<u32>(to, bytes);
  value = to + LENGTH;
  valueBytes = bytes;
  return putAll(value, start, bytes);
}

export function putSameLong(number: i64, to: usize): usize {
  store<i64>(to, number);
  value = to;
  valueBytes = 8;
  return to + 8;
}

export function putSameInt(number: i32, to: usize): usize {
  store<i32>(to, number);
  value = to;
  valueBytes = 4;
  return to + 4;
}
