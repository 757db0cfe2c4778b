/** In which format an answer is wanted: `format=` says it, else `Accept`. */
import { Problem } from './problems';

export const FORMATS = ['json', 'csv', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
};

/** The best of ours that the header takes. A header that nobody can read takes anything. */
export function formatOf(asked: Format | undefined, accept: string | undefined): Format {
  if (asked !== undefined) return asked;
  if (accept === undefined || accept.trim() === '') return 'json';
  const wanted = accept.split(',').map(rangeOf);
  let best: Format | null = null;
  let quality = 0;
  for (const format of FORMATS) {
    const type = MEDIA_TYPES[format].split(';')[0]!;
    const of = wanted.filter(({ range }) => range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1))))
      .sort((a, b) => specificity(b.range) - specificity(a.range))[0]?.quality ?? 0;
    if (of > quality) [best, quality] = [format, of];
  }
  if (best === null) throw new Problem('not-acceptable', `It can be had as ${FORMATS.map((format) => MEDIA_TYPES[format].split(';')[0]).join(', ')}`);
  return best;
}

function rangeOf(text: string): { readonly range: string; readonly quality: number } {
  const [range, ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const quality = q === undefined ? 1 : Number(q);
  return { range: range!, quality: Number.isFinite(quality) ? quality : 0 };
}

function specificity(range: string): number {
  return range === '*/*' ? 0 : range.endsWith('/*') ? 1 : 2;
}
