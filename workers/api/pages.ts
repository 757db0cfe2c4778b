/** The pages for people: the files of pages/, read once. What they show they ask the API for, with the key of whoever looks. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** Beside workers/, in the sources as in dist/. */
const FOLDER = join(__dirname, '../../pages');
const FIRST = '/pages/hours';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, nothing inline: text that turned into markup in spite of everything would still do nothing. */
export const PAGES_POLICY = [
  `default-src 'none'`, `script-src 'self'`, `style-src 'self'`, `img-src 'self'`, `connect-src 'self'`, `font-src 'none'`,
  `frame-ancestors 'none'`, `base-uri 'none'`, `form-action 'none'`,
].join('; ');

export interface PagesParts {
  /** where Temporal's own pages show workflows, ending in /workflows; null: nobody has said */
  readonly temporalUi: string | null;
}

/** Answers with the addresses that there are now. */
export function addPages(server: FastifyInstance, { temporalUi }: PagesParts): readonly string[] {
  const addresses: string[] = [];
  const serve = (address: string, type: string, content: Buffer): void => {
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`;
    addresses.push(address);
    server.get(address, (request, reply) => {
      reply.headers({ 'Content-Security-Policy': PAGES_POLICY, 'Cache-Control': 'no-cache', 'ETag': etag });
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.header('Content-Type', type).send(content);
    });
  };
  for (const name of readdirSync(FOLDER)) {
    const type = TYPES[extname(name)];
    if (type !== undefined) serve(`/pages/${name.replace(/\.html$/, '')}`, type, readFileSync(join(FOLDER, name)));
  }
  serve('/pages/settings.json', 'application/json; charset=utf-8', Buffer.from(JSON.stringify({ temporal_ui: temporalUi })));
  for (const address of ['/', '/pages']) {
    addresses.push(address);
    server.get(address, (_request, reply) => reply.redirect(FIRST));
  }
  return addresses;
}
