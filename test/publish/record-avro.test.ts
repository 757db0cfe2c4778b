/** The bytes of a published row are Avro's own: a consumer in any language reads them, and ours reads nothing else. */
import { curatedType } from '../../contract/curated-record';
import { addAvro, decodeAvro, encodeAvro } from '../../contract/curated-avro';
import { CURATED_COLUMNS, STATUSES, type ColumnType, type CuratedPayment } from '../../contract/payment';
import { SumsOfRows, type Sums } from '../../contract/sums';
import { Random } from '../../scripts/generate/random';
import { CopyTuples } from '../../stores/copy-tuples';

const DAY_MS = 86_400_000;
const INT64_MAX = 9_223_372_036_854_775_807n;
const EDGES = [0n, 1n, -1n, 63n, 64n, -64n, -65n, 8191n, 8192n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 35n - 1n, 2n ** 53n + 1n, 2n ** 60n - 1n, 2n ** 62n, INT64_MAX, -INT64_MAX - 1n];
const TEXTS = ['', 'a', 'x'.repeat(21), 'x'.repeat(22), 'ü'.repeat(31), 'ü'.repeat(32), '✓'.repeat(21), '✓'.repeat(22), '👛'.repeat(128), 'x'.repeat(9000)];
const avsc = curatedType();

function byAvsc(row: CuratedPayment): Buffer {
  const branch: Readonly<Record<ColumnType, string>> = { string: 'string', bigint: 'long', int: 'int', double: 'double', boolean: 'boolean', timestamp: 'long', date: 'int' };
  return avsc.toBuffer(Object.fromEntries(CURATED_COLUMNS.map(({ name, type, nullable }) => {
    const value = type === 'date' ? Date.parse(row[name] as string) / DAY_MS : row[name];
    return [name, nullable && value !== null ? { [branch[type]]: value } : value];
  })));
}

/** By avsc, which looks at no calendar. */
function encodeWithDay(day: number): Buffer {
  const row = { ...anyRow(4), authorized_at: null, completed_at: null, created_at: 0n, processed_at: 0n, landing_hour: 0n };
  const value = avsc.fromBuffer(encodeAvro(row)) as Record<string, unknown>;
  return avsc.toBuffer({ ...value, dt: day });
}

function anyRow(n: number): CuratedPayment {
  const random = new Random(7, n);
  const value = (type: ColumnType): unknown => {
    switch (type) {
      case 'string': return random.next() < 0.5 ? random.pick(TEXTS) : `t${random.whole(1e9)}`;
      case 'bigint': case 'timestamp': return random.next() < 0.5 ? random.pick(EDGES) : BigInt.asIntN(64, BigInt(random.whole(2 ** 32)) << BigInt(random.whole(64)));
      case 'int': return random.pick([0, 23, -1, 2 ** 31 - 1, -(2 ** 31), random.whole(1000)]);
      case 'double': return random.pick([0, -0, 0.1, 1_000_000, random.next()]);
      case 'boolean': return random.next() < 0.5;
      case 'date': return random.pick(['1969-12-31', '1970-01-01', '2000-02-29', '2026-11-20', '2100-12-31']);
    }
  };
  const row = Object.fromEntries(CURATED_COLUMNS.map(({ name, type, nullable }) => [name, nullable && random.next() < 0.3 ? null : value(type)]));
  return { ...row, status: random.pick(STATUSES) } as unknown as CuratedPayment;
}

function summedOfAvro(bytes: Buffer, start?: number, end?: number): Sums {
  const sums = new SumsOfRows();
  addAvro(sums, bytes, start, end);
  return sums.result();
}

function summedOf(...rows: readonly CuratedPayment[]): Sums {
  const sums = new SumsOfRows();
  for (const row of rows) sums.add(row);
  return sums.result();
}

it('are those of avsc, and come back as the row they were', () => {
  for (let n = 0; n < 5_000; n += 1) {
    const row = anyRow(n);
    const bytes = encodeAvro(row);
    expect(bytes.equals(byAvsc(row))).toBe(true);
    expect(decodeAvro(bytes)).toStrictEqual(row);
    expect(summedOfAvro(bytes)).toStrictEqual(summedOf(row));
  }
});

it('are refused where a byte is missing or too many', () => {
  const bytes = encodeAvro(anyRow(1));
  for (let length = 0; length < bytes.length; length += 1) {
    for (const read of [decodeAvro, summedOfAvro]) expect(() => read(bytes.subarray(0, length))).toThrow(RangeError);
  }
  expect(() => summedOfAvro(Buffer.concat([bytes, Buffer.from([0])]))).toThrow('1 bytes after the row');
  expect(() => decodeAvro(Buffer.concat([bytes, Buffer.from([0])]))).toThrow('1 bytes after the row');
});

it('that lie among others are read, and cut are refused, whatever follows them', () => {
  const row = anyRow(5);
  const bytes = encodeAvro({ ...row, authorized_at: 0n, completed_at: 0n, created_at: 0n, processed_at: 0n, landing_hour: 0n });
  const among = Buffer.concat([bytes, bytes, bytes]);
  const reads: readonly ((start: number, end: number) => unknown)[] = [
    (start, end) => summedOfAvro(among, start, end),
    (start, end) => {
      const tuples = new CopyTuples();
      tuples.avro(among, start, end);
      return Buffer.concat([...tuples.chunks()]);
    },
  ];
  for (const read of reads) {
    expect(read(bytes.length, 2 * bytes.length)).toEqual(read(0, bytes.length));
    for (let length = 0; length < bytes.length; length += 1) expect(() => read(bytes.length, bytes.length + length)).toThrow(RangeError);
    expect(() => read(bytes.length, 2 * bytes.length + 1)).toThrow('1 bytes after the row');
  }
});

it('are refused with a day that no calendar here has', () => {
  for (const [day, held] of [[100_000_000, true], [100_000_001, false], [-100_000_001, false]] as const) {
    const bytes = encodeWithDay(day);
    for (const read of [decodeAvro, summedOfAvro, (value: Buffer) => { new CopyTuples().avro(value); }]) {
      if (held) expect(() => read(bytes)).not.toThrow();
      else expect(() => read(bytes)).toThrow('not a day');
    }
  }
});

it('never hold an amount that is not the one given', () => {
  expect(() => encodeAvro({ ...anyRow(2), amount_cents: INT64_MAX + 1n })).toThrow('not an int64');
  expect(() => encodeAvro({ ...anyRow(2), hour: 2 ** 31 })).toThrow('not an int32');
  expect(() => encodeAvro({ ...anyRow(2), amount_cents: 12 as unknown as bigint })).toThrow(TypeError);
});

it('that were damaged are refused, or read as avsc reads them', () => {
  const bytes = encodeAvro(anyRow(3));
  let read = 0;
  for (let n = 0; n < 3_000; n += 1) {
    const random = new Random(11, n);
    const damaged = Buffer.from(bytes);
    damaged[random.whole(damaged.length)] = random.whole(256);
    let row: CuratedPayment;
    try {
      row = decodeAvro(damaged);
    } catch {
      expect(() => summedOfAvro(damaged)).toThrow();
      continue;
    }
    read += 1;
    expect(byAvsc(row).equals(avsc.toBuffer(avsc.fromBuffer(damaged)))).toBe(true);
  }
  expect(read).toBeGreaterThan(100);
});

describe('taken on to Postgres as they are', () => {
  const tuplesBy = (write: (tuples: CopyTuples) => void): string => {
    const tuples = new CopyTuples();
    try {
      write(tuples);
    } catch (error) {
      return (error as Error).name;
    }
    return Buffer.concat([...tuples.chunks()]).toString('latin1');
  };

  it('become the tuples that their row becomes, or are refused as it is', () => {
    let refused = 0;
    for (let n = 0; n < 5_000; n += 1) {
      const row = anyRow(n);
      const tuple = tuplesBy((tuples) => { tuples.avro(encodeAvro(row)); });
      expect(tuple).toBe(tuplesBy((tuples) => { tuples.row(row); }));
      if (tuple === 'RangeError') refused += 1;
    }
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(2_500);
  });

  it('fill one chunk after the other', () => {
    const rows = Array.from({ length: 3_000 }, (_, n) => ({ ...anyRow(0), payment_id: `p${n}`, user_id: '👛'.repeat(n % 200), authorized_at: null, completed_at: -1n, created_at: 0n, processed_at: 1n, landing_hour: 2n }));
    const both = [rows.map(encodeAvro), rows] as const;
    expect(tuplesBy((tuples) => { for (const bytes of both[0]) tuples.avro(bytes); })).toBe(tuplesBy((tuples) => { for (const row of both[1]) tuples.row(row); }));
  });

  it('are known to be in the order of their ids, or not', () => {
    for (const [ids, inOrder] of [[['a', 'a', 'ab', 'b', 'é'], true], [['b', 'a'], false], [['ab', 'a'], false], [['a', 'b', 'ab', 'c'], false], [['é', 'z'], false]] as const) {
      for (const size of [1, 3_000]) {
        const tuples = new CopyTuples();
        for (const payment_id of ids) {
          const row = { ...anyRow(0), payment_id, user_id: 'u'.repeat(size * 100), authorized_at: null, completed_at: null, created_at: 0n, processed_at: 1n, landing_hour: 2n };
          if (payment_id === 'ab') tuples.row(row);
          else tuples.avro(encodeAvro(row));
        }
        expect(tuples.inOrder).toBe(inOrder);
      }
    }
  });

  it('are refused damaged where they are as a row', () => {
    const bytes = encodeAvro(anyRow(3));
    const tuples = new CopyTuples();
    for (let length = 0; length < bytes.length; length += 1) expect(() => { tuples.avro(bytes.subarray(0, length)); }).toThrow(RangeError);
    expect(() => { tuples.avro(Buffer.concat([bytes, Buffer.from([0])])); }).toThrow('1 bytes after the row');
    for (let n = 0; n < 3_000; n += 1) {
      const random = new Random(11, n);
      const damaged = Buffer.from(bytes);
      damaged[random.whole(damaged.length)] = random.whole(256);
      const refused = (read: () => unknown): boolean => {
        try {
          read();
          return false;
        } catch {
          return true;
        }
      };
      if (refused(() => decodeAvro(damaged))) expect(() => { tuples.avro(damaged); }).toThrow();
    }
  });
});
