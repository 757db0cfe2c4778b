/** A thread that reads lines (line-readers.ts). An error ends it, and whoever asked hears of it. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { parseLandingHour } from '../../../contract/landing-hour';
import { CompiledTexts } from './compiled-texts';
import { copyContested } from './contested-texts';
import { writeCurated, type TextsToWrite, type WrittenFiles } from '../parquet/curated-files';
import { LineReader, type BatchReading, type BatchToRead, type PartReading, type PartToRead, type ReaderSetup, type ReadFiles } from './line-reader';
import { findTwice } from './payment-marks';


export type ThreadRequest =
  | { readonly type: 'read'; readonly batch: Omit<BatchToRead, 'bytes'>; readonly bytes: ArrayBuffer }
  | { readonly type: 'readPart'; readonly part: PartToRead }
  | { readonly type: 'giveUp'; readonly object: number }
  | { readonly type: 'close' }
  | { readonly type: 'findTwice'; readonly files: readonly string[]; readonly out: string }
  | { readonly type: 'copyContested'; readonly texts: readonly string[]; readonly marks: readonly string[]; readonly out: string }
  | { readonly type: 'writeCurated'; readonly texts: TextsToWrite };

export type ThreadAnswer = { readonly reading: BatchReading; readonly used: ArrayBuffer } | PartReading | ReadFiles | WrittenFiles | number | null;

if (parentPort !== null && isSetup(workerData)) serve(parentPort, new LineReader(workerData));

/** The build runs this module too, in a thread that is given something else. */
function isSetup(data: unknown): data is ReaderSetup {
  return typeof data === 'object' && data !== null && 'landingHour' in data;
}

function serve(port: MessagePort, reader: LineReader): void {
  const texts = new CompiledTexts();
  port.on('message', (request: ThreadRequest) => {
    const answer = answerTo(reader, texts, request);
    port.postMessage(answer, request.type === 'read' ? [request.bytes] : []);
  });
}

function answerTo(reader: LineReader, texts: CompiledTexts, request: ThreadRequest): ThreadAnswer {
  switch (request.type) {
    case 'read': return { reading: reader.read({ ...request.batch, bytes: Buffer.from(request.bytes) }), used: request.bytes };
    case 'readPart': return reader.readPart(request.part);
    case 'giveUp': reader.giveUp(request.object); return null;
    case 'close': return reader.close();
    case 'findTwice': return findTwice(texts, request.files, request.out);
    case 'copyContested': return copyContested(texts, request.texts, request.marks, request.out);
    case 'writeCurated': return writeCurated(texts, request.texts);
  }
}

const EXAMPLE = '{"payment_id":"p","merchant_id":"m","user_id":"u","amount_cents":1,"currency":"EUR","status":"CAPTURED","payment_method":"card","risk_score":0.5,'
  + '"authorized_at":"2026-11-20T10:00:01Z","completed_at":"2026-11-20T10:00:03.5Z","created_at":"2026-11-20T10:00:00Z","source_system":"web","decline_reason":null}\n{}\n';

/** For the build: reads a line of each kind, so that V8 has compiled what each thread needs. */
export function rehearse(): void {
  const reader = new LineReader({ landingHour: parseLandingHour('2026-11-20T10'), folder: '', name: '', groups: 1, buckets: 1, suppression: null });
  reader.read({ bytes: Buffer.from(EXAMPLE), runs: [{ start: 0, end: EXAMPLE.length, ended: true }], doubtful: -1, countSent: true });
}
