/** What must never be read in a log, an error or the Temporal UI: secrets and card numbers. */
import { maskCards } from '../contract/cards';
import { SETTINGS, type Configuration, type SettingName } from '../contract/configuration';
import { readRecipients } from '../contract/report-recipients';

const HIDDEN = '[redacted]';
const SECRET_NAME = /pass(word|wd|phrase)|secret|token|api[-_]?key|authorization|credential|(codec|erasure)_key$|codec_old_keys$|private[-_]?key|^(codec)?key$/i;
const PASSWORD_IN_URL = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):([^\s/"']+)@/gi;
const SECRET_IN_TEXT = /\b((?:[\w-]*(?:password|passwd|secret|token|api[-_]?key))["']?\s*[=:]\s*["']?|bearer\s+)([^\s"'&,;}\]]+)/gi;
/** Shorter values would black out half of every line. */
const SHORTEST_SECRET = 6;
const DEEPEST = 8;

export interface Redaction {
  text(text: string): string;
  /** a copy that is safe to show; bigints and errors come out as text */
  value(value: unknown): unknown;
}

export function createRedaction(secrets: readonly string[] = []): Redaction {
  // The longest first: a URL before the password in it.
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);

  const text = (given: string): string => {
    let shown = given;
    for (const secret of known) shown = shown.replaceAll(secret, HIDDEN);
    shown = shown.replace(PASSWORD_IN_URL, `$1:${HIDDEN}@`).replace(SECRET_IN_TEXT, `$1${HIDDEN}`);
    return maskCards(shown).text;
  };

  const value = (given: unknown, depth = 0): unknown => {
    if (typeof given === 'string') return text(given);
    if (typeof given === 'bigint') return given.toString();
    if (typeof given !== 'object' || given === null) return given;
    if (given instanceof Date) return given.toISOString();
    if (given instanceof Error) return text(`${given.name}: ${given.message}`);
    if (depth >= DEEPEST) return '[deep]';
    if (Array.isArray(given)) return given.map((entry) => value(entry, depth + 1));
    return Object.fromEntries(Object.entries(given).map(([name, entry]) => [
      text(name), SECRET_NAME.test(name) && entry !== null && entry !== undefined ? HIDDEN : value(entry, depth + 1),
    ]));
  };

  return { text, value: (given) => value(given) };
}

/** The values that a configuration holds secret, and the passwords inside its URLs. */
export function secretsOf(configuration: Configuration): readonly string[] {
  const secrets: string[] = [];
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const value: unknown = configuration[name];
    if (!('secret' in SETTINGS[name]) || typeof value !== 'string') continue;
    secrets.push(value);
    if (URL.canParse(value)) {
      const { password } = new URL(value);
      secrets.push(password, decodeURIComponent(password));
    }
    if (name === 'SLUICE_REPORT_WEBHOOKS') secrets.push(...readRecipients('webhook', value)!.map(({ address }) => address));
    // `id=key,id=key`: each key on its own, too.
    if (name === 'SLUICE_CODEC_OLD_KEYS') secrets.push(...value.split(',').map((entry) => entry.trim().slice(entry.trim().indexOf('=') + 1)));
  }
  return secrets;
}
