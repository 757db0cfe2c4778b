/** The lake's bucket on the local gateway. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Secrets } from './state';

export async function ensureBucket(endpoint: string, region: string, bucket: string, secrets: Secrets): Promise<void> {
  const client = new S3Client({
    endpoint, region, forcePathStyle: true, credentials: { accessKeyId: secrets.s3AccessKey, secretAccessKey: secrets.s3SecretKey },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as Error).name)) throw error;
  } finally {
    client.destroy();
  }
}
