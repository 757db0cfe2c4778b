/** An hour's generated lines as one object, as they are or compressed. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { SluiceError } from '../../contract/errors';
import { onPath, runTool } from '../../scripts/setup/run-tool';
import { sluice } from '../measuring/sluice';

export const COMPRESSIONS = ['plain', 'gzip', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

export const LANDING_HOUR = '2026-01-05T00';
const ENDING: Readonly<Record<Compression, string>> = { plain: '', gzip: '.gz', zstd: '.zst' };

export interface RawHour {
  readonly compression: Compression;
  /** in a folder of its own */
  readonly file: string;
}

export async function generateRaw(folder: string, lines: number, merchants: number, compressions: readonly Compression[]): Promise<readonly RawHour[]> {
  const making = join(folder, 'making');
  await sluice(['generate', '--landing-hour', LANDING_HOUR, '--lines', String(lines), '--merchants', String(merchants), '--out', making]);
  const name = (await readdir(making, { recursive: true })).find((path) => path.endsWith('.ndjson'))!;
  const plain = join(folder, 'lines.ndjson');
  await rename(join(making, name), plain);
  await rm(making, { recursive: true });
  const hours: RawHour[] = [];
  for (const compression of compressions) {
    const file = join(folder, compression, `lines.ndjson${ENDING[compression]}`);
    await mkdir(join(folder, compression));
    await compress(compression, plain, file);
    await bringToDisk(file);
    hours.push({ compression, file });
  }
  await rm(plain);
  return hours;
}

/** Or the system writes gigabytes while the first side is timed. */
async function bringToDisk(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function compress(compression: Compression, from: string, to: string): Promise<void> {
  if (compression === 'zstd') {
    if (onPath('zstd') === null) {
      throw new SluiceError({ kind: 'configuration', what: 'zstd is missing, which compresses the lines', on: 'zstd', fix: 'Debian: sudo apt install zstd; macOS: brew install zstd; or leave it out with --compressions' });
    }
    await runTool({ command: 'zstd', args: ['-q', from, '-o', to] });
    return;
  }
  await (compression === 'gzip' ? pipeline(createReadStream(from), createGzip(), createWriteStream(to)) : pipeline(createReadStream(from), createWriteStream(to)));
}
