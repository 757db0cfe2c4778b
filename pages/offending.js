/** Where in a refused line the offence is, told from its reasons. A mark helps to find it; what is wrong is the reason. */

/** Fields in which a reason is about; `*_missing` of one that is there means that it is null or empty. */
const FIELDS = ['payment_id', 'merchant_id', 'user_id', 'payment_method', 'source_system', 'risk_score', 'authorized_at', 'completed_at', 'created_at', 'decline_reason', 'currency', 'status'];

/** @typedef {{ readonly from: number, readonly to: number }} Part */

/**
 * @param {string} line
 * @param {readonly string[]} reasons
 * @returns {{ readonly parts: readonly Part[], readonly notes: readonly string[] }}
 */
export function offendingParts(line, reasons) {
  /** @type {Part[]} */
  const parts = [];
  /** @type {string[]} */
  const notes = [];
  for (const reason of reasons) {
    if (reason === 'malformed_json') parts.push(brokenAt(line));
    else if (reason === 'duplicate_key') parts.push(...repeatedKeys(line));
    else if (reason === 'line_too_long') notes.push('longer than a line may be');
    else {
      const field = reason.startsWith('amount_') ? 'amount_cents' : FIELDS.find((one) => reason.startsWith(`${one}_`));
      const found = field === undefined ? [] : fieldsNamed(line, field);
      if (found.length === 0) notes.push(`${field ?? reason} is not in the line`);
      parts.push(...found);
    }
  }
  return { parts: apart(parts), notes };
}

/**
 * Names with their values, of whatever depth: a line is flat.
 * @param {string} line
 * @param {string} field
 * @returns {Part[]}
 */
function fieldsNamed(line, field) {
  const named = new RegExp(`"${field}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*"?|[^,}\\s]+)`, 'g');
  return [...line.matchAll(named)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
}

/** @param {string} line */
function repeatedKeys(line) {
  const seen = new Set();
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)].flatMap((match) => {
    const again = seen.has(match[1]);
    seen.add(match[1]);
    return again ? [{ from: match.index, to: match.index + match[0].length }] : [];
  });
}

/**
 * From where the browser's own reader stumbles to the end; a line that only ends too early is marked at its end.
 * @param {string} line
 * @returns {Part}
 */
function brokenAt(line) {
  try {
    JSON.parse(line);
  } catch (error) {
    const at = Number(/position (\d+)/.exec(String(error))?.[1] ?? 0);
    return { from: Math.min(at, Math.max(0, line.length - 1)), to: line.length };
  }
  return { from: 0, to: line.length };
}

/**
 * In order, those that overlap as one.
 * @param {readonly Part[]} parts
 */
function apart(parts) {
  /** @type {Part[]} */
  const joined = [];
  for (const part of parts.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && part.from <= last.to) joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, part.to) };
    else joined.push(part);
  }
  return joined;
}
