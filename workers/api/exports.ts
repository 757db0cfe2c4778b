/**
 * Exports too large for a stream: a file in the lake, and a signed link to it for a while. Its state lies beside it, so that any process of the
 * API answers; one whose process went silent is written anew when it is asked again. A merchant's key opens its own only.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { withWorkFolder } from '../../activities/work-folder';
import type { ApiKey } from '../../contract/api-keys';
import { SluiceError } from '../../contract/errors';
import { EXPORT_FORMATS, type ExportFormat, type ExportState } from '../../contract/exports';
import { exportFileKey, exportStateKey } from '../../contract/lake-layout';
import type { Lake } from '../../stores/lake';
import { FewAtOnce, isSilent } from './few-at-once';
import { MEDIA_TYPES } from './format';
import { COUNT } from './parameters';
import type { ParquetOf } from './parquet';
import { Problem } from './problems';
import { route, type AnyRoute } from './route';
import { csvOf, type TableColumn, type TableRow } from '../../contract/table';

const HOUR_MS = 3_600_000;
/** A link that nobody can use tomorrow: whoever needs another asks again. */
const LINK_SECONDS = 15 * 60;

const ID = z.string().regex(/^[A-Za-z0-9_-]{27}$/).meta({ description: 'Of the Location of a 202', example: 'b3VyLWV4cG9ydHMtYXJlLW5hbWV' });

export const EXPORT_ACCEPTED = z.object({
  export: z.string(), state: z.enum(['waiting', 'writing', 'done', 'failed']), format: z.enum(EXPORT_FORMATS), asked_at: z.string(), href: z.string().meta({ description: 'Where to ask again' }),
});

const EXPORT = EXPORT_ACCEPTED.extend({
  payments: COUNT.meta({ description: 'Written so far' }), bytes: COUNT, expires_at: z.string().nullable().meta({ description: 'When the file goes' }),
  link: z.string().nullable().meta({ description: 'When it is done: GET it as it is, without a key, within the seconds of link_seconds; ask again for another' }),
  link_seconds: COUNT, problem: z.string().nullable(),
});

export interface ExportsParts {
  readonly lake: Lake;
  readonly parquet: ParquetOf;
  readonly workDir: string;
  readonly log: Logger;
  /** hours for which a file stays */
  readonly hours: number;
}

export interface WantedExport {
  /** the question, and the state of the data that it is asked of: the same export is written once */
  readonly question: readonly unknown[];
  readonly caller: ApiKey;
  readonly format: ExportFormat;
  readonly columns: readonly TableColumn[];
  readonly pages: (signal: AbortSignal) => AsyncIterable<readonly TableRow[]>;
}

export class Exports {
  private readonly few = new FewAtOnce();
  private readonly ending = new AbortController();

  constructor(private readonly parts: ExportsParts) {}

  async start(wanted: WantedExport): Promise<ExportState> {
    const { lake } = this.parts;
    const id = createHash('sha256').update(JSON.stringify([wanted.question, wanted.caller.merchantId, wanted.format])).digest('base64url').slice(0, 27);
    const there = await this.read(id);
    if (there !== null && stands(there.state)) return there.state;
    this.few.admit('exports');
    const now = new Date().toISOString();
    const state: ExportState = {
      id, state: 'waiting', format: wanted.format, merchantId: wanted.caller.merchantId, keyId: wanted.caller.keyId, askedAt: now, seenAt: now,
      payments: 0, bytes: 0, key: null, expiresAt: null, problem: null,
    };
    try {
      const etag = await lake.put(exportStateKey(id), JSON.stringify(state), there === null ? { ifAbsent: true } : { ifMatch: there.etag });
      const note = new Note(lake, state, etag);
      const gone = new AbortController();
      this.few.add({ run: () => this.run(note, wanted, gone.signal), beat: () => { note.write({}).catch((error: unknown) => { if (isFenced(error)) gone.abort(error); }); } });
      return state;
    } catch (error) {
      // Somebody asked for the same at the same time.
      if (!isFenced(error)) throw error;
      const first = await this.read(id);
      if (first === null) throw error;
      return first.state;
    }
  }

  /** Null: there is none, or it is another's. */
  async find(id: string, caller: ApiKey): Promise<ExportState | null> {
    const state = (await this.read(id))?.state ?? null;
    if (state === null || (caller.merchantId !== null && state.merchantId !== caller.merchantId)) return null;
    if (state.state === 'done' && Date.parse(state.expiresAt!) <= Date.now()) return null;
    return isUnderWay(state) && isSilent(state.seenAt) ? { ...state, state: 'failed', problem: 'The process that wrote it has gone; ask for it again' } : state;
  }

  async linkTo({ key, format, expiresAt }: ExportState): Promise<{ readonly link: string; readonly seconds: number }> {
    const seconds = Math.max(1, Math.min(LINK_SECONDS, Math.floor((Date.parse(expiresAt!) - Date.now()) / 1000)));
    return { link: await this.parts.lake.link(key!, { seconds, filename: `payments.${format}`, type: MEDIA_TYPES[format] }), seconds };
  }

  close(): void {
    this.few.close();
    this.ending.abort(new Error('the API is stopping'));
  }

  private async read(id: string): Promise<{ readonly state: ExportState; readonly etag: string } | null> {
    const found = await this.parts.lake.readText(exportStateKey(id));
    return found === null ? null : { state: JSON.parse(found.text) as ExportState, etag: found.etag };
  }

  /** `gone`: somebody else writes it. */
  private async run(note: Note, wanted: WantedExport, gone: AbortSignal): Promise<void> {
    const { log, hours } = this.parts;
    const signal = AbortSignal.any([this.ending.signal, gone]);
    try {
      await note.write({ state: 'writing' });
      const key = exportFileKey(note.state.id, randomBytes(9).toString('base64url'), wanted.format);
      const bytes = await this.file(key, wanted, note, signal);
      await note.write({ state: 'done', key, bytes, expiresAt: new Date(Date.now() + hours * HOUR_MS).toISOString() });
    } catch (error) {
      if (this.ending.signal.aborted) return;
      log.error({ export: note.state.id, error: (error as Error).message }, 'an export failed');
      await note.write({ state: 'failed', problem: 'It could not be written; ask for it again. The log knows why' }).catch(() => undefined);
    }
  }

  private file(key: string, { format, columns, pages }: WantedExport, note: Note, signal: AbortSignal): Promise<number> {
    const { lake, parquet, workDir } = this.parts;
    return withWorkFolder(workDir, async (folder) => {
      const path = join(folder, `export.${format}`);
      const counted = note.counting(pages(signal));
      const body = format === 'csv' ? Readable.from(csvOf(columns, counted)) : await parquet(columns, counted, signal);
      await pipeline(body, createWriteStream(path), { signal });
      await lake.putFile(key, path, signal);
      return (await stat(path)).size;
    });
  }
}

function isFenced(error: unknown): boolean {
  return error instanceof SluiceError && error.kind === 'fenced';
}

function isUnderWay({ state }: ExportState): boolean {
  return state === 'waiting' || state === 'writing';
}

/** Whether there is no need to write it again: it is on its way, or done and to be had for as long as a link is. */
function stands(one: ExportState): boolean {
  if (isUnderWay(one)) return !isSilent(one.seenAt);
  return one.state === 'done' && Date.parse(one.expiresAt!) - Date.now() > LINK_SECONDS * 1000;
}

/** The state's object, as long as nobody else writes it: one that took over has changed it, and this writer gives up. */
class Note {
  private writing: Promise<void> = Promise.resolve();
  private payments = 0;

  constructor(private readonly lake: Lake, public state: ExportState, private etag: string) {}

  write(changes: Partial<ExportState>): Promise<void> {
    const next = this.writing.then(async () => {
      const state = { ...this.state, ...changes, payments: this.payments, seenAt: new Date().toISOString() };
      this.etag = await this.lake.put(exportStateKey(state.id), JSON.stringify(state), { ifMatch: this.etag });
      this.state = state;
    });
    this.writing = next.catch(() => undefined);
    return next;
  }

  async* counting(pages: AsyncIterable<readonly TableRow[]>): AsyncGenerator<readonly TableRow[]> {
    for await (const rows of pages) {
      this.payments += rows.length;
      yield rows;
    }
  }
}

export function exportAcceptedOf({ id, state, format, askedAt }: ExportState): z.input<typeof EXPORT_ACCEPTED> {
  return { export: id, state, format, asked_at: askedAt, href: `/exports/${id}` };
}

export function exportRoutes(exports: Exports): readonly AnyRoute[] {
  return [route({
    method: 'GET', path: '/exports/{id}', tag: 'payments', scope: 'payments:read',
    summary: 'A large export that was answered by 202: where it stands, and a signed link to its file',
    about: 'The link needs no key and works for some minutes: give it to nobody who may not see the payments. The file goes by itself.',
    params: z.strictObject({ id: ID }), answer: EXPORT, problems: ['not-found'],
    handle: async ({ params, caller }) => {
      const found = await exports.find(params.id, caller);
      if (found === null) throw new Problem('not-found', 'There is no such export; ask for it again', 'id');
      const { link, seconds } = found.state === 'done' ? await exports.linkTo(found) : { link: null, seconds: 0 };
      return {
        body: {
          ...exportAcceptedOf(found), payments: found.payments, bytes: found.bytes, expires_at: found.expiresAt, link, link_seconds: seconds, problem: found.problem,
        },
      };
    },
  })];
}
