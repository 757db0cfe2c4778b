/** Whether a part does its work, asked in its own protocol: an open port says nothing. */
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { Connection } from '@temporalio/client';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { readSql } from '../../sql/read-sql';
import { keepTimersFromThePast } from '../../stores/kafka-timers';

const TIMEOUT_MS = 3_000;

export async function temporalAnswers(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: TIMEOUT_MS });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
  } finally {
    await connection.close();
  }
}

export async function kafkaAnswers(broker: string): Promise<void> {
  keepTimersFromThePast();
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, connectionTimeout: TIMEOUT_MS, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    await admin.describeCluster();
  } finally {
    await admin.disconnect();
  }
}

export async function s3Answers(endpoint: string, accessKeyId: string, secretAccessKey: string, region: string): Promise<void> {
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
  try {
    await client.send(new ListBucketsCommand({}), { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
  } finally {
    client.destroy();
  }
}

export async function awsAnswers(endpoint: string): Promise<void> {
  const response = await fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

export async function workerAnswers(address: string): Promise<void> {
  const response = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(text.trim());
}

export async function postgresAnswers(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(readSql('stack/alive.sql'));
  } finally {
    await client.end();
  }
}
