/**
 * What every page has that is put into the lake or sent: no script, no foreign asset, everything escaped, in the light or the dark as the
 * reader has it. Colours are written out, not variables: mail readers do not know those.
 */

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
.state { font-weight: 600; } .good { color: #1a7f37; } .bad { color: #c4241a; } .wait { color: #8a5a00; } .soft { color: #59636e; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #d1d9e0; vertical-align: top; }
th { color: #59636e; font-weight: 600; white-space: nowrap; } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: .85rem ui-monospace, monospace; overflow-wrap: anywhere; } ul { padding-left: 1.25rem; }
mark { background: none; color: #c4241a; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; } th, td { border-color: #3d444d; } th, .soft { color: #9198a1; }
  .good { color: #3fb950; } .bad, mark { color: #ff7b72; } .wait { color: #d29922; }
}
`;

export interface Page {
  readonly title: string;
  /** besides that of every page */
  readonly style?: string;
  /** HTML already */
  readonly body: string;
}

export function pageHtml({ title, style = '', body }: Page): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escape(title)}</title><style>${STYLE}${style}</style></head>
<body>
${body}
</body></html>
`;
}

export function section(title: string, body: string): string {
  return `<h2>${escape(title)}</h2>${body}`;
}

/** Cells are HTML already; a title that begins with # is of numbers. `isSum`: rows that say what those above them add up to. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[], isSum: (row: readonly string[]) => boolean = () => false): string {
  const numeric = titles.map((title) => title.startsWith('#'));
  const row = (cells: readonly string[], tag: string): string => `<tr${isSum(cells) ? ' class="sum"' : ''}>${cells.map((cell, i) => `<${tag}${numeric[i] === true ? ' class="n"' : ''}>${cell}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${row(titles.map((title) => escape(title.replace(/^#/, ''))), 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`;
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}
