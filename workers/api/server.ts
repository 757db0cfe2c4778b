/** The HTTP server over the table of routes: access, parameters, formats, ETags and problems are the same for all of them. */
import { createHash } from 'node:crypto';
import { METHODS as HTTP_METHODS, STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { SluiceError } from '../../contract/errors';
import { Access, type AccessParts } from './access';
import { DOCS_POLICY, docsPage } from './docs-page';
import { formatOf, MEDIA_TYPES, type Format } from './format';
import { openApiOf } from './openapi';
import { addPages, type PagesParts } from './pages';
import type { ParquetOf } from './parquet';
import { Problem, problemOfError, problemOfIssues, PROBLEMS } from './problems';
import type { Admission } from './rate-limit';
import type { AnyRoute } from './route';
import { csvOf } from '../../contract/table';

export interface ApiServerParts {
  readonly routes: readonly AnyRoute[];
  readonly access: AccessParts;
  readonly version: string;
  readonly log: Logger;
  readonly parquet: ParquetOf;
  readonly pages: PagesParts;
  /** throws where something that every answer needs is not there */
  readonly healthy: () => Promise<void>;
}

/** Changes when answers to the same question over the same data do: old ETags must not match. */
const ANSWERS_VERSION = 1;
const MOST_BODY_BYTES = 1024 * 1024;
/** The id of a question to the lake is the question itself. */
const LONGEST_PARAMETER = 2_048;

const NO_PARAMETERS = z.strictObject({});

export function apiServer(parts: ApiServerParts): FastifyInstance {
  const { routes, log } = parts;
  const server = fastify({
    logger: false, bodyLimit: MOST_BODY_BYTES, requestTimeout: 60_000, forceCloseConnections: true, return503OnClosing: true,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    frameworkErrors: (error, request, reply) => { sendProblem(request, reply, problemOf(error, log, request), log); },
    clientErrorHandler: (error, socket) => {
      if (!socket.writable) return;
      // Node's own parser ends here what it cannot read, among it methods that it has never heard of, before there is a request.
      const problem = error.code === 'HPE_INVALID_METHOD' ? new Problem('method-not-allowed', 'No address knows this method') : new Problem('malformed-request', 'This is no HTTP request');
      const body = JSON.stringify(problem.document('none'));
      const { status } = PROBLEMS[problem.problem];
      socket.end([
        `HTTP/1.1 ${status} ${STATUS_CODES[status]!}`, 'Content-Type: application/problem+json; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`,
        ...(status === 405 ? ['Allow: GET, HEAD, POST'] : []), 'Connection: close', '', body,
      ].join('\r\n'));
    },
  });
  // Every method that Node reads, so that each is answered by 405 and none by the router's own error. CONNECT never comes here.
  for (const method of HTTP_METHODS) if (method !== 'CONNECT' && !server.supportedMethods.includes(method)) server.addHttpMethod(method);
  server.setErrorHandler((error: FastifyError, request, reply) => { sendProblem(request, reply, problemOf(error, log, request), log); });
  server.setNotFoundHandler((request, reply) => { sendProblem(request, reply, new Problem('not-found', 'There is nothing at this address; /docs shows what there is'), log); });
  server.addHook('onSend', async (_request, reply) => {
    reply.headers({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' });
    if (!reply.hasHeader('Content-Security-Policy')) reply.header('Content-Security-Policy', `default-src 'none'; frame-ancestors 'none'`);
    if (!reply.hasHeader('Cache-Control')) reply.header('Cache-Control', 'no-store');
    return Promise.resolve();
  });
  server.addHook('onResponse', async (request, reply) => {
    // The route and not the address: addresses hold ids of payments.
    log.info({ method: request.method, route: request.routeOptions.url ?? null, status: reply.statusCode, ms: Math.round(reply.elapsedTime), key: request.getDecorator<string | null>('keyId') }, 'request');
    return Promise.resolve();
  });
  server.decorateRequest('keyId', null);
  server.decorateRequest('caller', null);

  addOpenPages(server, parts);
  const pages = addPages(server, parts.pages);
  const access = new Access(parts.access);
  for (const one of routes) addRoute(server, one, access, parts.parquet);
  addOtherMethods(server, routes, pages, log);
  return server;
}

function addOpenPages(server: FastifyInstance, { routes, version, healthy }: ApiServerParts): void {
  const document = openApiOf(routes, version);
  const page = docsPage(document);
  server.get('/openapi.json', () => document);
  server.get('/docs', (_request, reply) => reply.headers({ 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': DOCS_POLICY }).send(page));
  server.get('/healthz', async () => {
    await healthy();
    return { state: 'well' };
  });
}

function addRoute(server: FastifyInstance, one: AnyRoute, access: Access, parquet: ParquetOf): void {
  server.route({
    method: one.method,
    url: one.path.replace(/\{(\w+)\}/g, ':$1'),
    onRequest: async (request, reply) => {
      const key = await access.admit(request.headers.authorization, request.ip, one.scope, (admission) => { rateHeaders(reply, admission); });
      request.setDecorator('keyId', key.keyId);
      request.setDecorator('caller', key);
    },
    handler: async (request, reply) => {
      const params = parsed(one.params ?? NO_PARAMETERS, request.params);
      const query = parsed(one.query ?? NO_PARAMETERS, request.query) as Readonly<Record<string, unknown>>;
      const body = one.body === undefined ? undefined : parsed(one.body, request.body ?? {});
      const format = one.columns === undefined ? 'json' : formatOf(query.format as Format | undefined, request.headers.accept);
      const caller = request.getDecorator<Parameters<AnyRoute['handle']>[0]['caller']>('caller');
      const gone = new AbortController();
      reply.raw.once('close', () => { if (!reply.raw.writableEnded) gone.abort(new Error('whoever asked has gone')); });
      const etagOf = (revision: string): string => etag([one.path, params, query, caller.merchantId, format, revision]);
      const answer = await one.handle({
        params, query, body, caller, as: format, signal: gone.signal,
        hasAnswerOf: (revision) => matches(request.headers['if-none-match'], etagOf(revision)),
      });
      if (answer.revision !== undefined) {
        reply.headers({ ETag: etagOf(answer.revision), 'Cache-Control': 'private, no-cache', Vary: 'Accept, Authorization' });
        if (answer.body === undefined && answer.table === undefined) return reply.code(304).send();
      }
      if (answer.location !== undefined) reply.header('Location', answer.location);
      if (answer.accepted !== undefined) return reply.code(202).header('Content-Type', MEDIA_TYPES.json).send(JSON.stringify(one.accepted!.parse(answer.accepted)));
      reply.code(one.status ?? 200).header('Content-Type', MEDIA_TYPES[format]);
      if (format === 'json') return reply.send(JSON.stringify(one.answer.parse(answer.body)));
      reply.header('Content-Disposition', `attachment; filename="${one.path.split('/').at(-1)!}.${format}"`);
      return reply.send(format === 'csv' ? Readable.from(csvOf(one.columns!, answer.table!)) : await parquet(one.columns!, answer.table!, gone.signal));
    },
  });
}

/** A known address asked in another way: 405 and not 404, with the ways that there are. */
function addOtherMethods(server: FastifyInstance, routes: readonly AnyRoute[], pages: readonly string[], log: Logger): void {
  const paths = new Map<string, string[]>(['/openapi.json', '/docs', '/healthz', ...pages].map((path) => [path, ['GET']]));
  for (const { path, method } of routes) paths.set(path, [...(paths.get(path) ?? []), method]);
  for (const [path, there] of paths) {
    const allowed = there.includes('GET') ? ['HEAD', ...there] : there;
    server.route({
      method: server.supportedMethods.filter((method) => !allowed.includes(method)),
      url: path.replace(/\{(\w+)\}/g, ':$1'),
      // Before the body is read: whatever it is, nobody wants it.
      onRequest: (request, reply) => {
        reply.header('Allow', allowed.join(', '));
        sendProblem(request, reply, new Problem('method-not-allowed', `Of this address there is ${allowed.join(', ')}`), log);
      },
      handler: () => undefined,
    });
  }
}

function rateHeaders(reply: FastifyReply, { admitted, limit, remaining, resetSeconds }: Admission): void {
  reply.headers({ 'RateLimit-Limit': limit, 'RateLimit-Remaining': remaining, 'RateLimit-Reset': resetSeconds });
  if (!admitted) reply.header('Retry-After', resetSeconds);
}

function parsed(schema: z.ZodType, given: unknown): Readonly<Record<string, unknown>> {
  const result = schema.safeParse(given);
  if (result.success) return result.data as Readonly<Record<string, unknown>>;
  throw problemOfIssues(result.error, given);
}

function etag(parts: readonly unknown[]): string {
  return `"${createHash('sha256').update(JSON.stringify([ANSWERS_VERSION, ...parts])).digest('base64url').slice(0, 27)}"`;
}

function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
}

function problemOf(error: FastifyError | Error, log: Logger, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  const known = error instanceof SluiceError ? problemOfError(error) : problemOfFramework(error as FastifyError);
  if (known !== null) {
    if (known.problem === 'unavailable' || known.problem === 'too-slow') log.warn({ request: request.id, error: error.message }, known.detail);
    return known;
  }
  log.error({ request: request.id, error: error.message, stack: error.stack }, 'a request failed');
  return new Problem('internal', 'Something of ours failed; the log knows what, by the number of the request');
}

/** What Fastify itself refuses. */
function problemOfFramework({ code, statusCode }: FastifyError): Problem | null {
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': return new Problem('unsupported-media-type', 'Send the body as application/json');
    case 'FST_ERR_CTP_BODY_TOO_LARGE': return new Problem('too-large', `A body has at most ${MOST_BODY_BYTES} bytes`);
    default: return statusCode !== undefined && statusCode < 500 && statusCode >= 400 ? new Problem('malformed-request', 'The address or the body of the request cannot be read') : null;
  }
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem, log: Logger): void {
  const document = problem.document(request.id);
  if (document.status === 401) reply.header('WWW-Authenticate', 'Bearer');
  if (document.status === 503 && !reply.hasHeader('Retry-After')) reply.header('Retry-After', 5);
  // Not the key's rate, which says itself when it begins anew.
  if (document.status === 429 && !reply.hasHeader('Retry-After')) reply.header('Retry-After', 60);
  if (reply.raw.headersSent) {
    log.warn({ request: request.id, problem: problem.problem }, 'an answer broke off');
    return;
  }
  void reply.removeHeader('ETag').code(document.status).headers({ 'Content-Type': 'application/problem+json; charset=utf-8', 'Cache-Control': 'no-store' })
    .send(JSON.stringify(document));
}
