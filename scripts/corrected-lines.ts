/** The file of `dead-letters redrive --with`: corrected lines in the order of the cases, or each with its case. */
import { SluiceError } from '../contract/errors';
import { landingHourOfCase } from '../contract/dead-letter-case';

export interface CorrectedLines {
  /** null: the lines stand in the order of the cases that the command names */
  readonly cases: readonly string[] | null;
  readonly lines: readonly Buffer[];
}

export function readCorrectedLines(file: string, bytes: Buffer): CorrectedLines {
  const lines = linesOf(bytes);
  const named = lines.map(namedLine);
  if (lines.length === 0) throw wrong(file, 'the file holds no line');
  if (named.every((one) => one === null)) return { cases: null, lines };
  const cases: string[] = [];
  const corrected: Buffer[] = [];
  for (const [index, one] of named.entries()) {
    if (one === null) throw wrong(`${file}:${index + 1}`, 'some lines name their case and this one does not');
    cases.push(one.caseId);
    corrected.push(one.line);
  }
  return { cases, lines: corrected };
}

function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const feed = bytes.indexOf(10, at);
    const end = feed === -1 ? bytes.length : feed;
    const line = bytes.subarray(at, end > at && bytes[end - 1] === 13 ? end - 1 : end);
    if (line.toString('utf8').trim() !== '') lines.push(line);
    at = end + 1;
  }
  return lines;
}

/** `{"case": "2026-11-20T10-…", "line": …}` with the line as text or as the payment itself; any other line is a payment. */
function namedLine(line: Buffer): { readonly caseId: string; readonly line: Buffer } | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.toString('utf8'));
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Object.keys(parsed).sort().join() !== 'case,line') return null;
  const { case: caseId, line: corrected } = parsed as { readonly case: unknown; readonly line: unknown };
  if (typeof caseId !== 'string' || landingHourOfCase(caseId) === null) return null;
  // An amount beyond 2^53 would not survive being parsed and written again, so an object is cut out of the line as it stands.
  const text = typeof corrected === 'string' ? corrected : textOfLine(line.toString('utf8'));
  if (/[\r\n]/.test(text) || text.trim() === '') throw wrong(caseId, 'the corrected line must be one line');
  return { caseId, line: Buffer.from(text) };
}

/** The value of "line" as it was written: everything after its colon or before the comma, whichever order the two names have. */
function textOfLine(text: string): string {
  const last = /^\s*\{\s*"case"\s*:\s*"[^"]*"\s*,\s*"line"\s*:\s*(.*?)\s*\}\s*$/s.exec(text);
  const first = /^\s*\{\s*"line"\s*:\s*(.*?)\s*,\s*"case"\s*:\s*"[^"]*"\s*\}\s*$/s.exec(text);
  return last?.[1] ?? first?.[1] ?? '';
}

function wrong(on: string, what: string): SluiceError {
  return new SluiceError({
    kind: 'usage', what, on, fix: 'Write one corrected payment a line, in the order of the cases, or {"case": "…", "line": …} on each line',
  });
}
