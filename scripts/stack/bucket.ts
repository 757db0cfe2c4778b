/** The lake's bucket, made where it is missing. In production somebody else makes it, with its key and its lifecycle. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

export interface BucketPlace {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly bucket: string;
  /** absent: as the AWS SDK finds them */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** false where it was there */
export async function ensureBucket({ endpoint, region, bucket, credentials }: BucketPlace): Promise<boolean> {
  const client = new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  try {
    await client.send(new CreateBucketCommand({
      Bucket: bucket,
      // us-east-1 is the one region that must not be named.
      ...(endpoint === undefined && region !== 'us-east-1' ? { CreateBucketConfiguration: { LocationConstraint: region as 'eu-central-1' } } : {}),
    }));
    return true;
  } catch (error) {
    if (['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as Error).name)) return false;
    throw error;
  } finally {
    client.destroy();
  }
}
