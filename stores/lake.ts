/** The lake: objects by key over the S3 API. Writes that decide something carry a condition; the caller learns who won. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CopyObjectCommand, CreateBucketCommand, DeleteObjectsCommand, GetBucketVersioningCommand, GetObjectCommand,
  HeadBucketCommand, HeadObjectCommand, ListObjectsV2Command, ListObjectVersionsCommand, PutObjectCommand, S3Client, type GetObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import type { LandedObject } from '../contract/run';
import { DirectObjects, type Encryption } from './direct-objects';
import { lakeError } from './lake-errors';

const AT_ONCE = 16;

/** Held in memory whole, on its way here and there: a stream takes half as much again of the processor, and cannot be sent again when its connection breaks. */
const SMALL_BYTES = 1024 * 1024;

/** Of a large object on its way into a file: each write takes a turn of Node's threads, and a connection gives 64 KiB at a time. */
const WRITTEN_AT_ONCE = 1024 * 1024;

export interface PutCondition {
  /** the ETag that the object must still have */
  readonly ifMatch?: string;
  /** the object must not exist yet */
  readonly ifAbsent?: boolean;
}

export interface Download {
  readonly key: string;
  /** the version to be read; another one there is `manifest_stale` */
  readonly etag?: string;
  readonly versionId?: string;
  /** what it must have; any other length is `manifest_stale` too */
  readonly bytes?: number;
}

/** One version of an object; where the bucket keeps none, the object. */
export interface LakeVersion extends LandedObject {
  /** false: replaced or deleted since */
  readonly latest: boolean;
}

export class Lake {
  private versioned: 'Enabled' | 'Suspended' | 'none' | undefined;
  private readonly direct: DirectObjects;

  constructor(
    private readonly s3: S3Client,
    readonly bucket: string,
    private readonly kmsKeyId: string | undefined,
  ) {
    this.direct = new DirectObjects(s3, SMALL_BYTES);
  }

  async ensureBucket(): Promise<void> {
    try {
      await this.s3.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch {
      try {
        await this.s3.send(new CreateBucketCommand({ Bucket: this.bucket }));
      } catch (error) {
        // Two at once: the other one made it.
        if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as Error).name)) {
          throw lakeError('cannot create the bucket', this.bucket, error);
        }
      }
    }
  }

  /** Objects under a prefix, sorted by key; with their versions where the bucket keeps them. */
  async list(prefix: string): Promise<readonly LandedObject[]> {
    try {
      const found = (await this.keepsVersions()) ? await this.listVersions(prefix) : await this.listPlain(prefix);
      return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    } catch (error) {
      throw lakeError('cannot list the lake', prefix, error);
    }
  }

  /** The names right below a prefix that hold further keys, sorted, without what they hold. */
  async folders(prefix: string): Promise<readonly string[]> {
    const found: string[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.s3.send(new ListObjectsV2Command({
          Bucket: this.bucket, Prefix: prefix, Delimiter: '/', ...(token === undefined ? {} : { ContinuationToken: token }),
        }));
        for (const { Prefix } of page.CommonPrefixes ?? []) found.push(Prefix!.slice(prefix.length, -1));
        token = page.NextContinuationToken;
      } while (token !== undefined);
    } catch (error) {
      throw lakeError('cannot list the lake', prefix, error);
    }
    return found.sort();
  }

  async readText(key: string): Promise<{ readonly text: string; readonly etag: string } | null> {
    try {
      const answer = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return { text: await answer.Body!.transformToString('utf-8'), etag: answer.ETag! };
    } catch (error) {
      if (isAbsent(error)) return null;
      throw lakeError('cannot read the object', key, error);
    }
  }

  /** A small object; `fenced` where the condition does not hold any more. Answers with the new ETag. */
  async put(key: string, body: string | Buffer, condition: PutCondition = {}): Promise<string> {
    try {
      const answer = await this.s3.send(new PutObjectCommand({
        Bucket: this.bucket,
        Key: key,
        // A Buffer also where there is nothing: of an empty string the SDK does not know the length.
        Body: Buffer.isBuffer(body) ? body : Buffer.from(body, 'utf8'),
        ...this.encryption(),
        ...(condition.ifMatch === undefined ? {} : { IfMatch: condition.ifMatch }),
        ...(condition.ifAbsent === true ? { IfNoneMatch: '*' } : {}),
      }));
      return answer.ETag!;
    } catch (error) {
      throw lakeError('cannot write the object', key, error);
    }
  }

  /** Answers with the new ETag. */
  async putFile(key: string, path: string, signal?: AbortSignal, condition: Pick<PutCondition, 'ifMatch'> = {}): Promise<string> {
    const { size } = await stat(path);
    try {
      const content = size <= SMALL_BYTES ? await readFile(path) : null;
      const etag = content === null || condition.ifMatch !== undefined ? null : await this.direct.put(key, content, this.encryption(), signal);
      if (etag !== null) return etag;
      const answer = await this.s3.send(
        new PutObjectCommand({
          Bucket: this.bucket, Key: key, ...this.encryption(),
          ...(content === null ? { Body: createReadStream(path), ContentLength: size } : { Body: content }),
          ...(condition.ifMatch === undefined ? {} : { IfMatch: condition.ifMatch }),
        }),
        signal === undefined ? {} : { abortSignal: signal },
      );
      return answer.ETag!;
    } catch (error) {
      throw lakeError('cannot write the object', key, error);
    }
  }

  /** Files of a folder to keys, several at once. */
  async putFiles(files: readonly { readonly key: string; readonly path: string }[], signal?: AbortSignal): Promise<void> {
    await severalAtOnce(files, async (file) => { await this.putFile(file.key, file.path, signal); });
  }

  /** The object's bytes as they are (still compressed); the version asked for or an error. */
  async open(object: Download, signal?: AbortSignal): Promise<Readable> {
    return (await this.get(object, signal)).Body as Readable;
  }

  async download(object: Download, path: string, signal?: AbortSignal): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await this.save(object, path, signal);
  }

  /**
   * Objects into a folder, several at once; answers with their paths in the order asked. The files are numbered: a key
   * is somebody else's text and must not choose where we write.
   */
  async downloadAll(objects: readonly Download[], folder: string, signal?: AbortSignal, done?: (count: number) => void): Promise<readonly string[]> {
    const { paths, whole } = this.fetchAll(objects, folder, signal, done);
    await whole;
    return paths;
  }

  /** The same, begun: each file grows at its end alone. `whole`: all are there as they were asked for; where one will not be, it fails, and what is there is no object. */
  fetchAll(objects: readonly Download[], folder: string, signal?: AbortSignal, done?: (count: number) => void): { readonly paths: readonly string[]; readonly whole: Promise<void> } {
    const paths = objects.map((_object, i) => join(folder, String(i)));
    const fetched = async (): Promise<void> => {
      await mkdir(folder, { recursive: true });
      let count = 0;
      await severalAtOnce(objects, async (object, i) => {
        await this.save(object, paths[i]!, signal);
        count += 1;
        done?.(count);
      });
    };
    return { paths, whole: fetched() };
  }

  /** An address from which anybody can read the object for so many seconds, without a key of ours. It is signed here; nothing is asked. */
  async link(key: string, { seconds, filename, type }: { readonly seconds: number; readonly filename: string; readonly type: string }): Promise<string> {
    try {
      return await getSignedUrl(this.s3, new GetObjectCommand({
        Bucket: this.bucket, Key: key, ResponseContentDisposition: `attachment; filename="${filename}"`, ResponseContentType: type,
      }), { expiresIn: seconds });
    } catch (error) {
      throw lakeError('cannot sign a link', key, error);
    }
  }

  async copyAll(copies: readonly { readonly from: string; readonly to: string }[], done?: (count: number) => void): Promise<void> {
    let count = 0;
    await severalAtOnce(copies, async (copy) => {
      const source = encodeURI(`${this.bucket}/${copy.from}`).replaceAll('+', '%2B');
      try {
        if (!await this.direct.copy(source, copy.to, this.encryption())) {
          await this.s3.send(new CopyObjectCommand({ Bucket: this.bucket, Key: copy.to, CopySource: source, ...this.encryption() }));
        }
      } catch (error) {
        throw lakeError('cannot copy the object', `${copy.from} → ${copy.to}`, error);
      }
      count += 1;
      done?.(count);
    });
  }

  async exists(key: string): Promise<boolean> {
    try {
      await this.s3.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw lakeError('cannot look at the object', key, error);
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += 1000) {
      const part = keys.slice(at, at + 1000);
      try {
        const answer = await this.s3.send(new DeleteObjectsCommand({
          Bucket: this.bucket, Delete: { Objects: part.map((key) => ({ Key: key })), Quiet: true },
        }));
        const refused = answer.Errors?.filter((error) => error.Code !== 'NoSuchKey')[0];
        if (refused !== undefined) throw new Error(`${refused.Code}: ${refused.Message}`);
      } catch (error) {
        throw lakeError('cannot remove objects', part[0]!, error);
      }
    }
  }

  /**
   * Everything under a prefix behind a key, older versions too, a page of whole keys at a time. A deleted object is still there in a
   * bucket that keeps versions.
   */
  async versions(prefix: string, after: string | null): Promise<{ readonly objects: readonly LakeVersion[]; readonly next: string | null }> {
    try {
      return (await this.hasVersions()) ? await this.pageOfVersions(prefix, after) : await this.pageOfObjects(prefix, after);
    } catch (error) {
      throw lakeError('cannot list the lake', prefix, error);
    }
  }

  /** Not to be had back: in a bucket that keeps versions, these versions of them too. */
  async removeForGood(objects: readonly LakeVersion[]): Promise<void> {
    // First the marker: without the newest version the one before it would be the object.
    await this.remove(objects.filter(({ latest }) => latest).map(({ key }) => key));
    const versions = objects.filter(({ versionId }) => versionId !== undefined);
    for (let at = 0; at < versions.length; at += 1000) {
      const part = versions.slice(at, at + 1000);
      try {
        const answer = await this.s3.send(new DeleteObjectsCommand({
          Bucket: this.bucket, Delete: { Objects: part.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })), Quiet: true },
        }));
        const refused = answer.Errors?.filter((error) => !['NoSuchKey', 'NoSuchVersion'].includes(error.Code ?? ''))[0];
        if (refused !== undefined) throw new Error(`${refused.Code}: ${refused.Message}`);
      } catch (error) {
        throw lakeError('cannot remove versions of objects', part[0]!.key, error);
      }
    }
  }

  close(): void {
    this.s3.destroy();
  }

  private async get(object: Download, signal?: AbortSignal): Promise<GetObjectCommandOutput> {
    try {
      return await this.s3.send(
        new GetObjectCommand({
          Bucket: this.bucket,
          Key: object.key,
          ...(object.versionId === undefined ? {} : { VersionId: object.versionId }),
          ...(object.versionId === undefined && object.etag !== undefined ? { IfMatch: object.etag } : {}),
        }),
        signal === undefined ? {} : { abortSignal: signal },
      );
    } catch (error) {
      if (object.etag !== undefined && (isAbsent(error) || isConditionFailed(error))) {
        throw stale(object.key, error);
      }
      throw lakeError('cannot read the object', object.key, error);
    }
  }

  private async save(object: Download, path: string, signal?: AbortSignal): Promise<void> {
    if (object.etag === undefined && object.versionId === undefined && await this.direct.save(object.key, path, signal)) return;
    const { Body: body, ContentLength: bytes } = await this.get(object, signal);
    let written: number;
    try {
      if (bytes !== undefined && bytes <= SMALL_BYTES) {
        const content = await body!.transformToByteArray();
        await writeFile(path, content, signal === undefined ? {} : { signal });
        written = content.length;
      } else {
        const file = createWriteStream(path, { highWaterMark: WRITTEN_AT_ONCE });
        await pipeline(body as Readable, file, signal === undefined ? {} : { signal });
        written = file.bytesWritten;
      }
    } catch (error) {
      throw lakeError('cannot download the object', object.key, error);
    }
    if (object.bytes !== undefined && written !== object.bytes) throw stale(object.key, new Error(`it has ${written} bytes and not ${object.bytes}`));
  }

  private encryption(): Encryption {
    return this.kmsKeyId === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: this.kmsKeyId };
  }

  private async keepsVersions(): Promise<boolean> {
    return (await this.versioning()) === 'Enabled';
  }

  /** Also where it keeps no new ones any more: the old ones are still there. */
  private async hasVersions(): Promise<boolean> {
    return (await this.versioning()) !== 'none';
  }

  private async versioning(): Promise<'Enabled' | 'Suspended' | 'none'> {
    if (this.versioned === undefined) {
      try {
        const answer = await this.s3.send(new GetBucketVersioningCommand({ Bucket: this.bucket }));
        this.versioned = answer.Status ?? 'none';
      } catch (error) {
        // A gateway that knows no versioning says so with an error; ETags are the versions then.
        const name = (error as Error).name;
        if (!/VersioningNotConfigured|NotImplemented|MethodNotAllowed|AccessDenied/.test(name)) throw error;
        this.versioned = 'none';
      }
    }
    return this.versioned;
  }

  private async listPlain(prefix: string): Promise<LandedObject[]> {
    const found: LandedObject[] = [];
    let token: string | undefined;
    do {
      const page = await this.s3.send(new ListObjectsV2Command({
        Bucket: this.bucket, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }),
      }));
      for (const entry of page.Contents ?? []) {
        found.push({ key: entry.Key!, etag: entry.ETag!, bytes: entry.Size ?? 0, lastModified: entry.LastModified!.toISOString() });
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  }

  private async pageOfObjects(prefix: string, after: string | null): Promise<{ objects: LakeVersion[]; next: string | null }> {
    const page = await this.s3.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ...(after === null ? {} : { StartAfter: after }) }));
    const objects = (page.Contents ?? []).map((entry) => ({
      key: entry.Key!, etag: entry.ETag!, bytes: entry.Size ?? 0, lastModified: entry.LastModified!.toISOString(), latest: true,
    }));
    return { objects, next: page.IsTruncated === true ? objects.at(-1)!.key : null };
  }

  private async pageOfVersions(prefix: string, after: string | null): Promise<{ objects: LakeVersion[]; next: string | null }> {
    const found: LakeVersion[] = [];
    let keyMarker = after ?? undefined;
    let versionMarker: string | undefined;
    for (;;) {
      const page = await this.s3.send(new ListObjectVersionsCommand({
        Bucket: this.bucket, Prefix: prefix,
        ...(keyMarker === undefined ? {} : { KeyMarker: keyMarker }),
        ...(versionMarker === undefined ? {} : { VersionIdMarker: versionMarker }),
      }));
      found.push(...(page.Versions ?? []).map((entry) => ({
        key: entry.Key!, etag: entry.ETag!, versionId: entry.VersionId!, bytes: entry.Size ?? 0, lastModified: entry.LastModified!.toISOString(),
        latest: entry.IsLatest === true,
      })));
      if (page.IsTruncated !== true) return { objects: found, next: null };
      // The last key may go on on the next page: it is left for that one, unless there is no other.
      const whole = found.filter(({ key }) => key !== page.NextKeyMarker);
      if (whole.length > 0) return { objects: whole, next: whole.at(-1)!.key };
      keyMarker = page.NextKeyMarker;
      versionMarker = page.NextVersionIdMarker;
    }
  }

  private async listVersions(prefix: string): Promise<LandedObject[]> {
    const found: LandedObject[] = [];
    let keyMarker: string | undefined;
    let versionMarker: string | undefined;
    do {
      const page = await this.s3.send(new ListObjectVersionsCommand({
        Bucket: this.bucket, Prefix: prefix,
        ...(keyMarker === undefined ? {} : { KeyMarker: keyMarker }),
        ...(versionMarker === undefined ? {} : { VersionIdMarker: versionMarker }),
      }));
      for (const entry of page.Versions ?? []) {
        if (entry.IsLatest !== true) continue;
        found.push({
          key: entry.Key!, etag: entry.ETag!, versionId: entry.VersionId!, bytes: entry.Size ?? 0, lastModified: entry.LastModified!.toISOString(),
        });
      }
      keyMarker = page.IsTruncated === true ? page.NextKeyMarker : undefined;
      versionMarker = page.IsTruncated === true ? page.NextVersionIdMarker : undefined;
    } while (keyMarker !== undefined);
    return found;
  }
}

export function openLake(configuration: Configuration): Lake {
  const s3 = new S3Client({
    region: configuration.SLUICE_AWS_REGION,
    // A gateway on this machine has no names for its buckets.
    ...(configuration.SLUICE_S3_ENDPOINT === undefined ? {} : { endpoint: configuration.SLUICE_S3_ENDPOINT, forcePathStyle: true }),
    maxAttempts: 4,
  });
  return new Lake(s3, configuration.SLUICE_LAKE_BUCKET, configuration.SLUICE_KMS_KEY_ID);
}

async function severalAtOnce<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      try {
        await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  const first = results.find((result) => result.status === 'rejected');
  if (first !== undefined) throw first.reason;
}

function stale(key: string, cause: unknown): SluiceError {
  return new SluiceError({ kind: 'manifest_stale', what: 'the object is no longer the one of the manifest', on: key, fix: 'The hour is landed again by itself', cause });
}

function isAbsent(error: unknown): boolean {
  const name = (error as Error).name;
  return name === 'NoSuchKey' || name === 'NotFound' || name === 'NoSuchVersion';
}

function isConditionFailed(error: unknown): boolean {
  return (error as Error).name === 'PreconditionFailed';
}
