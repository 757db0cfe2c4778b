/** Numbers as people read them. Money comes as text of minor units and leaves as text: it is never a JavaScript number. */

/**
 * 123456, 2, EUR: 1,234.56 EUR
 * @param {string} cents
 * @param {number} minorUnits
 * @param {string} currency
 */
export function money(cents, minorUnits, currency) {
  const [sign, digits] = cents.startsWith('-') ? ['−', cents.slice(1)] : ['', cents];
  const whole = digits.padStart(minorUnits + 1, '0');
  const point = whole.length - minorUnits;
  return `${sign}${grouped(whole.slice(0, point))}${minorUnits === 0 ? '' : `.${whole.slice(point)}`} ${currency}`;
}

/** @param {number | string} value */
export function count(value) {
  return grouped(String(value));
}

/**
 * 1 line, 1,000 lines
 * @param {number} value
 * @param {string} noun of one
 */
export function counted(value, noun) {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** @param {string} digits */
function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * A rate with six digits after the point, as the API sends it: 0.012346 is 1.2346 %
 * @param {string | null} rate
 */
export function percent(rate) {
  if (rate === null) return 'nothing captured';
  const [whole = '0', part = ''] = rate.split('.');
  return `${BigInt(whole + part.padEnd(6, '0').slice(0, 2))}.${part.padEnd(6, '0').slice(2)} %`;
}

/**
 * 2026-11-20T10:02:03.123456Z: 2026-11-20 10:02:03 UTC
 * @param {string | null} instant
 */
export function instant(instant) {
  return instant === null ? '–' : `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** @param {number | null} ms */
export function milliseconds(ms) {
  return ms === null ? '–' : ms < 10_000 ? `${count(ms)} ms` : `${count(Math.round(ms / 1000))} s`;
}

/** @param {number} bytes */
export function bytes(bytes) {
  return bytes < 1000 ? `${bytes} B` : bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
