/**
 * Which fields the lines of an hour carry that the contract does not know, or in another shape. A look at the head of each
 * object only: curate counts the unknown fields of every line, this warns before the hour is worked on.
 */
import { maskCards } from '../contract/cards';
import { MAX_LINE_BYTES, RAW_FIELDS, type RawField } from '../contract/payment';
import { SluiceError } from '../contract/errors';
import type { LandedObject } from '../contract/run';
import type { FieldDrift } from '../contract/stages';
import { decompressed } from '../stores/decompress';
import type { Lake } from '../stores/lake';

const HEAD_BYTES = 256 * 1024;
const MOST_OBJECTS = 64;
const AT_ONCE = 8;
/** Hostile lines may name a new field each. */
const MOST_FIELDS = 100;
const LONGEST_NAME = 128;

type Shape = 'string' | 'number' | 'boolean' | 'array' | 'object';

const SHAPES: Readonly<Record<RawField, readonly Shape[]>> = {
  payment_id: ['string'], merchant_id: ['string'], user_id: ['string'], payment_method: ['string'], source_system: ['string'],
  amount_cents: ['number', 'string'], currency: ['string'], status: ['string'], risk_score: ['number', 'string'],
  authorized_at: ['string'], completed_at: ['string'], created_at: ['string'], decline_reason: ['string'],
};

interface Seen {
  readonly field: string;
  readonly problem: string;
  readonly firstSeen: string;
  readonly count: number;
}

export async function landedDrift(lake: Lake, objects: readonly LandedObject[], signal: AbortSignal): Promise<readonly FieldDrift[]> {
  const sampled = objects.slice(0, MOST_OBJECTS);
  const drift = new Map<string, Seen>();
  for (let at = 0; at < sampled.length; at += AT_ONCE) {
    const heads = await Promise.all(sampled.slice(at, at + AT_ONCE).map((object) => headOf(lake, object, signal)));
    // In the manifest's order, so that the first is the first whichever download was quicker.
    for (const seen of heads.flat()) {
      const key = `${seen.field}\0${seen.problem}`;
      const before = drift.get(key);
      if (before !== undefined) drift.set(key, { ...before, count: before.count + seen.count });
      else if (drift.size < MOST_FIELDS) drift.set(key, seen);
    }
  }
  return [...drift.values()].map((seen) => ({ ...seen, where: 'landed' }));
}

async function headOf(lake: Lake, object: LandedObject, signal: AbortSignal): Promise<readonly Seen[]> {
  const { key, etag, versionId } = object;
  const body = await lake.open({ key, etag, ...(versionId === undefined ? {} : { versionId }) }, signal);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of decompressed(body)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= HEAD_BYTES) break;
    }
  } catch (error) {
    if (error instanceof SluiceError || signal.aborted) throw error;
    // Cut or corrupt: curate quarantines it and says so. What could be read is looked at.
  }
  // Cut to the byte: how much comes at once is the network’s, and the same object must be told of the same.
  return driftOfLines(key, Buffer.concat(chunks).subarray(0, HEAD_BYTES));
}

/** Half a line at the end is no JSON, so it is left out by itself. */
function driftOfLines(key: string, head: Buffer): readonly Seen[] {
  const lines = head.toString('utf8').replace(/^\uFEFF/, '').split('\n');
  const drift = new Map<string, Seen>();
  for (const [index, line] of lines.entries()) {
    for (const { field, problem } of driftOfLine(line)) {
      const name = `${field}\0${problem}`;
      const before = drift.get(name);
      if (before !== undefined) drift.set(name, { ...before, count: before.count + 1 });
      else if (drift.size < MOST_FIELDS) drift.set(name, { field, problem, firstSeen: `${key}:${index + 1}`, count: 1 });
    }
  }
  return [...drift.values()];
}

function driftOfLine(line: string): readonly { readonly field: string; readonly problem: string }[] {
  if (line.length > MAX_LINE_BYTES) return [];
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return [];
  }
  if (shapeOf(record) !== 'object') return [];
  return Object.entries(record as object).flatMap(([name, value]) => {
    const field = maskCards(name.slice(0, LONGEST_NAME)).text;
    if (!isRawField(name)) return [{ field, problem: 'the contract does not know this field' }];
    const shape = shapeOf(value);
    if (shape === null || SHAPES[name].includes(shape)) return [];
    return [{ field, problem: `landed as ${shape}, the contract says ${SHAPES[name].join(' or ')}` }];
  });
}

function isRawField(name: string): name is RawField {
  return (RAW_FIELDS as readonly string[]).includes(name);
}

/** null where the value is missing, which drifts from nothing. */
function shapeOf(value: unknown): Shape | null {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) return 'array';
  return typeof value as Shape;
}
