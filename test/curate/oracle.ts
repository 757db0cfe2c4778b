/** The data contract's sections 1 and 2 once more, line by line in plain JavaScript: slow, simple, and written without the engine's SQL. */
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { CURRENCIES } from '../../contract/currencies';
import { hourEnd, type LandingHour } from '../../contract/landing-hour';
import { STATUSES, type Reason } from '../../contract/payment';

export interface OracleRow {
  readonly payment_id: string;
  readonly merchant_id: string;
  readonly user_id: string | null;
  readonly amount_cents: bigint;
  readonly currency: string;
  readonly status: string;
  readonly payment_method: string | null;
  readonly risk_score: number | null;
  readonly authorized_at: bigint | null;
  readonly completed_at: bigint | null;
  readonly created_at: bigint;
  readonly source_system: string | null;
  readonly decline_reason: string | null;
  readonly row_hash: bigint;
}

export type Verdict = { readonly kind: 'blank' } | { readonly kind: 'dead'; readonly reasons: readonly Reason[] } | { readonly kind: 'good'; readonly row: OracleRow };

export function verdictOf(line: Buffer, landingHour: LandingHour): Verdict {
  if ([...line].every((byte) => [0x20, 0x09, 0x0d, 0x0b, 0x0c].includes(byte))) return { kind: 'blank' };
  if (line.length > 1024 * 1024) return dead('line_too_long');
  const members = isUtf8(line) ? topLevel(line.toString('utf8')) : null;
  if (members === null) return dead('malformed_json');
  if (new Set(members.map(([name]) => name)).size < members.length) return dead('duplicate_key');
  return judge(new Map(members), landingHour);
}

/** The greatest of each payment by (created_at, rank, hash). */
export function winnersOf(rows: readonly OracleRow[]): ReadonlyMap<string, OracleRow> {
  const winners = new Map<string, OracleRow>();
  for (const row of rows) {
    const best = winners.get(row.payment_id);
    if (best === undefined || orderOf(row) > orderOf(best)) winners.set(row.payment_id, row);
  }
  return winners;
}

function orderOf(row: OracleRow): bigint {
  return (row.created_at * 100n + BigInt(STATUSES.indexOf(row.status as never))) * (1n << 60n) + row.row_hash;
}

function dead(...reasons: readonly Reason[]): Verdict {
  return { kind: 'dead', reasons };
}

function judge(texts: ReadonlyMap<string, string | null>, landingHour: LandingHour): Verdict {
  const reasons: Reason[] = [];
  const given = (name: string): string | null => {
    const text = texts.get(name);
    return text === undefined || text === '' ? null : text;
  };
  const refuse = (reason: Reason): null => {
    reasons.push(reason);
    return null;
  };
  const optional = (name: 'user_id' | 'payment_method' | 'source_system' | 'decline_reason'): string | null => {
    const text = given(name);
    if (text === null) return null;
    // oxlint-disable-next-line no-control-regex
    return [...text].length > 256 || /[\u0000-\u001f\u007f]/.test(text) || /^[[{]/.test(text) ? refuse(`${name}_invalid`) : text;
  };
  const payment_id = given('payment_id');
  if (payment_id === null) refuse('payment_id_missing');
  else if (!/^[A-Za-z0-9_.:-]{1,128}$/.test(payment_id)) refuse('payment_id_invalid');
  const merchant_id = given('merchant_id');
  if (merchant_id === null) refuse('merchant_id_missing');
  else if (!/^[A-Za-z0-9_.:@-]{1,128}$/.test(merchant_id) || ['.', '..', '__HIVE_DEFAULT_PARTITION__'].includes(merchant_id) || /^null$/i.test(merchant_id)) {
    refuse('merchant_id_invalid');
  }
  const user_id = optional('user_id');
  const payment_method = optional('payment_method');
  const source_system = optional('source_system');
  const amount = given('amount_cents');
  const amount_cents = amount !== null && /^-?[0-9]+$/.test(amount) ? BigInt(amount) : null;
  if (amount === null) refuse('amount_missing');
  else if (amount_cents === null) refuse('amount_not_integer');
  else if (BigInt.asIntN(64, amount_cents) !== amount_cents) refuse('amount_out_of_range');
  else if (amount_cents < 0n) refuse('amount_negative');
  const currency = given('currency');
  if (currency === null) refuse('currency_missing');
  else if (!CURRENCIES.includes(currency)) refuse('currency_invalid');
  const status = given('status');
  if (status === null) refuse('status_missing');
  else if (!(STATUSES as readonly string[]).includes(status)) refuse('status_unknown');
  const riskText = given('risk_score');
  const risk = riskText !== null && isJsonNumber(riskText) ? Number(riskText) : NaN;
  const risk_score = riskText === null ? null : risk >= 0 && risk <= 1e6 ? Math.floor(risk * 1e6 + 0.5) / 1e6 : refuse('risk_score_invalid');
  const instant = (name: 'authorized_at' | 'completed_at' | 'created_at', latest: bigint): bigint | null => {
    const text = given(name);
    if (text === null) return null;
    const micros = microsOf(text);
    return micros === null || micros > latest ? refuse(`${name}_invalid`) : micros;
  };
  const end = BigInt(Date.UTC(2101, 0, 1)) * 1000n - 1n;
  const authorized_at = instant('authorized_at', end);
  const completed_at = instant('completed_at', end);
  if (given('created_at') === null) refuse('created_at_missing');
  const created_at = instant('created_at', BigInt(hourEnd(landingHour).getTime() + 86_400_000) * 1000n);
  const decline_reason = optional('decline_reason');
  if (reasons.length > 0) return dead(...reasons);
  const row = {
    payment_id: payment_id!, merchant_id: merchant_id!, user_id, amount_cents: amount_cents!, currency: currency!, status: status!,
    payment_method, risk_score, authorized_at, completed_at, created_at: created_at!, source_system, decline_reason,
  };
  return { kind: 'good', row: { ...row, row_hash: hashOf(row) } };
}

export function hashOf(row: Omit<OracleRow, 'row_hash'>): bigint {
  return BigInt(`0x${createHash('md5').update(canonicalOf(row), 'utf8').digest('hex').slice(0, 15)}`);
}

export function canonicalOf(row: Omit<OracleRow, 'row_hash'>): string {
  const text = (value: string | null): string => (value === null ? '~' : value.replaceAll('%', '%25').replaceAll('|', '%7C').replaceAll('~', '%7E'));
  const whole = (value: bigint | null): string => (value === null ? '~' : String(value));
  return [
    text(row.payment_id), text(row.merchant_id), text(row.user_id), String(row.amount_cents), text(row.currency), text(row.status),
    text(row.payment_method), row.risk_score === null ? '~' : String(Math.floor(row.risk_score * 1e6 + 0.5)),
    whole(row.authorized_at), whole(row.completed_at), whole(row.created_at), text(row.source_system), text(row.decline_reason),
  ].join('|');
}

function microsOf(text: string): bigint | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  if (year < 1990 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (date.getUTCDate() !== day) return null;
  let offset = 0;
  const zone = parts[8];
  if (zone !== undefined && zone !== 'Z') {
    const minutes = Number(zone.slice(4));
    offset = (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + minutes);
    if (minutes > 59 || offset < -12 * 60 || offset > 14 * 60) return null;
  }
  const micros = BigInt(date.getTime() - offset * 60_000) * 1000n + BigInt((parts[7] ?? '').padEnd(6, '0').slice(0, 6));
  return micros < BigInt(Date.UTC(2000, 0, 1)) * 1000n || micros >= BigInt(Date.UTC(2101, 0, 1)) * 1000n ? null : micros;
}

function isJsonNumber(text: string): boolean {
  return /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text);
}

/** Names and texts of the line's one object, or null where the line is not what the contract calls JSON. */
function topLevel(line: string): readonly (readonly [string, string | null])[] | null {
  try {
    JSON.parse(line);
  } catch {
    return null;
  }
  // It is JSON: what is left is to see what JSON.parse does not tell.
  let at = 0;
  const members: [string, string | null][] = [];
  const space = (): void => {
    while (' \t\r\n'.includes(line[at] ?? 'x')) at += 1;
  };
  const string = (): string => {
    const start = at;
    for (at += 1; line[at] !== '"'; at += 1) if (line[at] === '\\') at += 1;
    at += 1;
    const text = JSON.parse(line.slice(start, at)) as string;
    if (/\p{Surrogate}/u.test(text)) throw new Error('lone surrogate');
    return text;
  };
  const value = (depth: number, name: string): string | null => {
    space();
    const start = at;
    if (line[at] === '"') return string();
    if (line[at] === '{' || line[at] === '[') {
      if (depth > 512) throw new Error('nested too deep');
      const close = line[at] === '{' ? '}' : ']';
      at += 1;
      for (space(); line[at] !== close; space()) {
        let member = '';
        if (line[at] === ',') at += 1;
        space();
        if (close === '}') {
          member = string();
          space();
          at += 1;
        }
        const text = value(depth + 1, depth === 1 ? member : '');
        if (depth === 1) members.push([member, text]);
      }
      at += 1;
      return line.slice(start, at);
    }
    while (/[-+.0-9A-Za-z]/.test(line[at] ?? '')) at += 1;
    const text = line.slice(start, at);
    if (/^[-0-9]/.test(text) && text.length > 1000 && name !== 'amount_cents') throw new Error('number too long');
    return text === 'null' ? null : text;
  };
  space();
  if (line[at] !== '{') return null;
  try {
    value(1, '');
    return members;
  } catch {
    return null;
  }
}
