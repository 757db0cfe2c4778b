/** The OpenAPI document for people: one page without a script and without anything from elsewhere. */
import { createHash } from 'node:crypto';
import type { OpenApiDocument } from './openapi';
import { PROBLEMS } from './problems';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .375rem; }
section { margin: 2rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
a { color: inherit; }
summary { cursor: pointer; }
`;

/** Only this style, and nothing else at all. */
export const DOCS_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly example?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: unknown }>> }>>;
}

export function docsPage(document: OpenApiDocument): string {
  const { info, tags, paths } = document as unknown as {
    readonly info: { readonly title: string; readonly version: string; readonly description: string };
    readonly tags: readonly { readonly name: string; readonly description: string }[];
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const list = tags.map(({ name, description }) => `<h2>${escaped(name)}</h2><p>${escaped(description)}</p><ul>${
    operations.filter(({ operation }) => operation.tags.includes(name)).map(({ path, method, operation }) =>
      `<li><a href="#${operation.operationId}"><code>${method.toUpperCase()} ${escaped(path)}</code></a> ${escaped(operation.summary)}</li>`).join('')}</ul>`).join('');
  const problems = Object.entries(PROBLEMS).map(([name, { status, title }]) => `<tr id="${name}"><td><code>${name}</code></td><td>${status}</td><td>${escaped(title)}</td></tr>`).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(info.title)}: the API</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(info.title)} ${escaped(info.version)}: the API</h1><p>${escaped(info.description)}</p>
<p>Every request but those for this page, <a href="/openapi.json"><code>/openapi.json</code></a> and <code>/healthz</code> wants a key: <code>Authorization: Bearer sluice_…</code></p>
${list}${operations.map(operationOf).join('')}
<section><h2>Problems</h2><p>Errors are documents of RFC 9457 (<code>application/problem+json</code>). Their <code>type</code> ends in the name.</p>
<table><thead><tr><th>name</th><th>status</th><th>means</th></tr></thead><tbody>${problems}</tbody></table></section></main></body></html>
`;
}

function operationOf({ path, method, operation }: { readonly path: string; readonly method: string; readonly operation: Operation }): string {
  const parameters = operation.parameters.length === 0 ? '' : `<table><thead><tr><th>parameter</th><th>in</th><th></th><th>is</th></tr></thead><tbody>${
    operation.parameters.map(({ name, in: place, required, description, example }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${place}</td><td>${required ? 'required' : ''}</td><td>${escaped(description ?? '')}${example === undefined ? '' : `, like <code>${escaped(String(example))}</code>`}</td></tr>`).join('')}</tbody></table>`;
  const body = operation.requestBody?.content['application/json'];
  const answer = Object.entries(operation.responses).find(([status]) => status.startsWith('2'));
  return `<section id="${operation.operationId}"><h3><code>${method.toUpperCase()} ${escaped(path)}</code></h3><p>${escaped(operation.summary)}. ${escaped(operation.description)}</p>${parameters}
${body === undefined ? '' : schemaOf('Body', body.schema)}${answer === undefined ? '' : schemaOf(`Answer ${answer[0]}`, answer[1].content?.['application/json']?.schema)}</section>`;
}

function schemaOf(title: string, schema: unknown): string {
  return `<details><summary>${title}</summary><pre>${escaped(JSON.stringify(schema, null, 2))}</pre></details>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
