/** The OpenAPI 3.1 document, made from the table of routes: what it says is what the server does. */
import { z } from 'zod';
import { MEDIA_TYPES } from './format';
import { PROBLEMS, type ProblemName } from './problems';
import type { AnyRoute } from './route';

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument extends Json {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

/** Of any route that wants a key. */
const ALWAYS: readonly ProblemName[] = [
  'unknown-parameter', 'invalid-parameter', 'missing-parameter', 'malformed-request', 'not-authenticated', 'not-allowed', 'too-many-requests', 'internal', 'unavailable', 'too-slow',
];

const RATE_HEADERS = {
  'RateLimit-Limit': { description: 'Requests a minute that this caller may make', schema: { type: 'integer' } },
  'RateLimit-Remaining': { description: 'How many are left now', schema: { type: 'integer' } },
  'RateLimit-Reset': { description: 'Seconds until all of them are there again', schema: { type: 'integer' } },
};

export function openApiOf(routes: readonly AnyRoute[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, Json>> = {};
  for (const one of routes) {
    (paths[one.path] ??= {})[one.method.toLowerCase()] = operationOf(one);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Reports over payments, and what they rest on. Money is text of whole minor units, one sum a currency. Days and hours are UTC.',
    },
    tags: [
      { name: 'reports', description: 'Numbers, from roll-ups that change in the same transaction as the payments' },
      { name: 'payments', description: 'From a number to the payments behind it, and where a payment came from' },
      { name: 'operations', description: 'Hours, dead letters, reconciliations, backfills' },
    ],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key of `npx sluice keys create`' } },
      schemas: {
        Problem: {
          type: 'object', description: 'RFC 9457', required: ['type', 'title', 'status', 'detail', 'request'], additionalProperties: false,
          properties: {
            type: { type: 'string', format: 'uri-reference', enum: Object.keys(PROBLEMS).map((name) => `/docs#${name}`) }, title: { type: 'string' },
            status: { type: 'integer' }, detail: { type: 'string' },
            parameter: { type: 'string', description: 'Which parameter is to blame' }, request: { type: 'string', description: 'By which the log knows the request' },
          },
        },
      },
    },
  };
}

function operationOf(one: AnyRoute): Json {
  const status = String(one.status ?? 200);
  return {
    operationId: `${one.method.toLowerCase()}${one.path.replace(/[^a-z]+([a-z]?)/gi, (_whole, letter: string) => letter.toUpperCase())}`,
    tags: [one.tag], summary: one.summary, description: [...(one.about === undefined ? [] : [one.about]), `Scope: \`${one.scope}\`.`].join(' '),
    security: [{ key: [] }],
    parameters: [...parametersOf(one.params, 'path'), ...parametersOf(one.query, 'query')],
    ...(one.body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: jsonOf(one.body, 'input') } } } }),
    responses: {
      [status]: {
        description: 'Done', headers: { ...RATE_HEADERS, ...(one.cached === true ? { ETag: { description: 'Of the question and the state of the data', schema: { type: 'string' } } } : {}) },
        content: {
          'application/json': { schema: jsonOf(one.answer, 'output') },
          ...(one.columns === undefined ? {} : { [MEDIA_TYPES.csv.split(';')[0]!]: { schema: { type: 'string' } }, [MEDIA_TYPES.parquet]: { schema: { type: 'string', format: 'binary' } } }),
        },
      },
      ...(one.accepted === undefined ? {} : { 202: { description: 'On its way: ask again at Location', headers: { ...RATE_HEADERS, Location: { description: 'Where to ask', schema: { type: 'string' } } }, content: { 'application/json': { schema: jsonOf(one.accepted, 'output') } } } }),
      ...(one.cached === true ? { 304: { description: 'As the If-None-Match says: nothing has changed', headers: RATE_HEADERS } } : {}),
      ...problemsOf([...ALWAYS, ...(one.columns === undefined ? [] : ['not-acceptable' as const]), ...(one.body === undefined ? [] : ['too-large' as const, 'unsupported-media-type' as const]), ...(one.problems ?? [])]),
    },
  };
}

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query'): readonly Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonOf(schema, 'input') as { readonly properties?: Readonly<Record<string, Json>>; readonly required?: readonly string[] };
  return Object.entries(properties).map(([name, { description, example, ...of }]) => ({
    name, in: place, required: place === 'path' || required.includes(name), ...(description === undefined ? {} : { description }), ...(example === undefined ? {} : { example }), schema: of,
  }));
}

function problemsOf(names: readonly ProblemName[]): Json {
  const byStatus = new Map<number, ProblemName[]>();
  for (const name of new Set(names)) byStatus.set(PROBLEMS[name].status, [...(byStatus.get(PROBLEMS[name].status) ?? []), name]);
  return Object.fromEntries([...byStatus].sort(([a], [b]) => a - b).map(([status, of]) => [status, {
    description: of.map((name) => `${PROBLEMS[name].title} (\`${name}\`)`).join('; '),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }]));
}

function jsonOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const whole = z.toJSONSchema(schema, { target: 'draft-2020-12', io, reused: 'inline' }) as Json;
  // The document says once which dialect its schemas are in.
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name !== '$schema'));
}
