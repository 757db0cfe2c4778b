/** The pages for people: the files of pages/, read once. What they show they ask the API for, with the key of whoever looks. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** Beside workers/, in the sources as in dist/. */
const FOLDER = join(__dirname, '../../pages');
const FIRST = '/pages/hours';
/** What every page is set into. */
const FRAME = 'frame.html';

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
  const frame = readFileSync(join(FOLDER, FRAME), 'utf8');
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
    if (type === undefined || name === FRAME) continue;
    if (extname(name) === '.html') serve(`/pages/${basename(name, '.html')}`, type, framed(frame, basename(name, '.html')));
    else serve(`/pages/${name}`, type, readFileSync(join(FOLDER, name)));
  }
  serve('/pages/settings.json', 'application/json; charset=utf-8', Buffer.from(JSON.stringify({ temporal_ui: temporalUi })));
  for (const address of ['/', '/pages']) {
    addresses.push(address);
    server.get(address, (_request, reply) => reply.redirect(FIRST));
  }
  return addresses;
}

function framed(frame: string, page: string): Buffer {
  const main = readFileSync(join(FOLDER, `${page}.html`), 'utf8').trimEnd();
  const parts: Readonly<Record<string, string>> = { page, main, title: /<h1>(.*)<\/h1>/.exec(main)?.[1] ?? page };
  return Buffer.from(frame.replace(/\{(page|title|main)\}/g, (_whole, name: string) => parts[name]!));
}
