/**
 * What a transaction leaves behind in group `sluice.<landing hour>`: the revision as the offset, and in the offset's metadata
 * where its records lie. A later attempt that finds the revision published learns the ranges from there and from nowhere else.
 */
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import type { PublishedRange } from '../contract/stages';

export interface PublishedOffset {
  readonly revision: number;
  readonly records: number;
  readonly ranges: readonly PublishedRange[];
}

/** The broker's `offset.metadata.max.bytes` unless told otherwise; about 200 partitions. */
const MAX_BYTES = 4096;

export function hourGroup(hour: LandingHour): string {
  return `sluice.${hour}`;
}

/** `1;<records>;<partition>:<from>+<length>,…`, numbers in base 36: readable in a console and short. */
export function encodeOffsetMetadata(records: number, ranges: readonly PublishedRange[]): string {
  const places = ranges.map((range) => {
    const from = BigInt(range.from);
    return `${range.partition.toString(36)}:${from.toString(36)}+${(BigInt(range.to) - from).toString(36)}`;
  });
  const text = `1;${records.toString(36)};${places.join(',')}`;
  if (text.length > MAX_BYTES) {
    throw new SluiceError({
      kind: 'configuration',
      what: `the ranges of ${ranges.length} partitions do not fit into ${MAX_BYTES} bytes of offset metadata`,
      fix: 'Use a topic with fewer partitions',
    });
  }
  return text;
}

export function decodeOffsetMetadata(revision: number, text: string): PublishedOffset {
  const match = /^1;([0-9a-z]+);((?:[0-9a-z]+:[0-9a-z]+\+[0-9a-z]+,?)*)$/.exec(text);
  if (match === null) {
    throw new SluiceError({
      kind: 'data',
      what: 'the offset metadata of the hour’s group was not written by Sluice',
      on: JSON.stringify(text),
      fix: 'Nothing else may commit offsets in groups named sluice.<landing hour>; delete the group after checking the topic',
    });
  }
  const places = match[2] === '' ? [] : match[2]!.split(',');
  return {
    revision,
    records: parseInt(match[1]!, 36),
    ranges: places.map((place) => {
      const [partition, from, length] = place.split(/[:+]/) as [string, string, string];
      const start = fromBase36(from);
      return { partition: parseInt(partition, 36), from: start.toString(), to: (start + fromBase36(length)).toString() };
    }),
  };
}

function fromBase36(digits: string): bigint {
  return [...digits].reduce((value, digit) => value * 36n + BigInt(parseInt(digit, 36)), 0n);
}
