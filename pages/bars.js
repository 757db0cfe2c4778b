/** Charts: bars with their names above and their numbers at the end. The table beside them says the same to whoever cannot see them. */
import { drawn } from './element.js';

/** @typedef {{ readonly name: string, readonly size: number, readonly text: string, readonly kind?: string }} Bar */

const ROW = 36;

/**
 * As wide as there is room: lengths are percentages, so that letters keep their size.
 * @param {string} title
 * @param {readonly Bar[]} bars
 */
export function bars(title, bars) {
  const most = Math.max(...bars.map(({ size }) => size), Number.MIN_VALUE);
  return drawn('svg', { role: 'img', 'aria-label': title, height: ROW * bars.length }, ...bars.flatMap(({ name, size, text, kind }, i) => [
    drawn('text', { x: 0, y: i * ROW + 14 }, name),
    drawn('text', { x: '100%', y: i * ROW + 14, class: 'value' }, text),
    drawn('rect', { x: 0, y: i * ROW + 20, width: '100%', height: 8, rx: 4, class: 'track' }),
    size > 0 ? drawn('rect', { x: 0, y: i * ROW + 20, width: `${Math.max(size / most * 100, 0.5)}%`, height: 8, rx: 4, class: `bar ${kind ?? ''}` }) : null,
  ]));
}

/**
 * Parts of a whole in one bar.
 * @param {string} title
 * @param {readonly Bar[]} parts
 */
export function stacked(title, parts) {
  const whole = parts.reduce((sum, { size }) => sum + size, 0);
  let at = 0;
  const rects = parts.filter(({ size }) => size > 0).map(({ size, kind, name, text }) => {
    const width = size / whole * 100;
    const rect = drawn('rect', { x: `${at}%`, y: 0, width: `${width}%`, height: 16, class: `bar ${kind ?? ''}` }, drawn('title', {}, `${name}: ${text}`));
    at += width;
    return rect;
  });
  return drawn('svg', { role: 'img', 'aria-label': title, height: 16 }, ...rects);
}
