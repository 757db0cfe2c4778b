/** Glue's schema registry: our Avro schema under the topic's name, and the schemas that older records were written with. */
import {
  CreateRegistryCommand, CreateSchemaCommand, GetSchemaByDefinitionCommand, GetSchemaVersionCommand, GlueClient,
  RegisterSchemaVersionCommand,
} from '@aws-sdk/client-glue';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '../contract/configuration';
import { CURATED_AVRO_SCHEMA, curatedType } from '../contract/curated-record';
import { SluiceError, type ErrorKind } from '../contract/errors';

const CHECKS_OF_STATUS = 20;
const KIND_OF: Readonly<Record<string, ErrorKind>> = {
  AccessDeniedException: 'configuration',
  UnrecognizedClientException: 'configuration',
  CredentialsProviderError: 'configuration',
  ResourceNumberLimitExceededException: 'configuration',
  ThrottlingException: 'throttled',
};

export class SchemaRegistry {
  private registering: Promise<string> | undefined;

  constructor(
    private readonly glue: GlueClient,
    private readonly registry: string,
    private readonly schema: string,
    private readonly definition: unknown = CURATED_AVRO_SCHEMA,
  ) {}

  /** The version id of our schema, registered where it is not yet. Any number of workers may do so at once. */
  async versionId(): Promise<string> {
    this.registering ??= this.register();
    try {
      return await this.registering;
    } catch (error) {
      this.registering = undefined;
      throw this.error('cannot register the schema', error);
    }
  }

  /** The schema behind a version id; null where the registry does not know it. */
  async writerSchema(versionId: string): Promise<unknown> {
    try {
      const { SchemaDefinition: text } = await this.glue.send(new GetSchemaVersionCommand({ SchemaVersionId: versionId }));
      return text === undefined ? null : (JSON.parse(text) as unknown);
    } catch (error) {
      if (isNamed(error, 'EntityNotFoundException')) return null;
      throw this.error(`cannot read schema version ${versionId}`, error);
    }
  }

  close(): void {
    this.glue.destroy();
  }

  private async register(): Promise<string> {
    const text = JSON.stringify(this.definition);
    await unlessThere(this.glue.send(new CreateRegistryCommand({ RegistryName: this.registry })));
    const created = await unlessThere(this.glue.send(new CreateSchemaCommand({
      RegistryId: { RegistryName: this.registry },
      SchemaName: this.schema,
      DataFormat: 'AVRO',
      Compatibility: 'BACKWARD',
      SchemaDefinition: text,
    })));
    if (created?.SchemaVersionId !== undefined) return this.available(created.SchemaVersionId);
    const SchemaId = { RegistryName: this.registry, SchemaName: this.schema };
    const known = await this.glue.send(new GetSchemaByDefinitionCommand({ SchemaId, SchemaDefinition: text }))
      .catch((error: unknown) => {
        if (isNamed(error, 'EntityNotFoundException')) return undefined;
        throw error;
      });
    if (known?.SchemaVersionId !== undefined) return this.available(known.SchemaVersionId);
    await this.checkCompatible();
    const registered = await this.glue.send(new RegisterSchemaVersionCommand({ SchemaId, SchemaDefinition: text }));
    return this.available(registered.SchemaVersionId!);
  }

  /** By ourselves: an emulated registry takes whatever it is given. */
  private async checkCompatible(): Promise<void> {
    const latest = await this.glue.send(new GetSchemaVersionCommand({
      SchemaId: { RegistryName: this.registry, SchemaName: this.schema }, SchemaVersionNumber: { LatestVersion: true },
    }));
    try {
      curatedType(this.definition).createResolver(curatedType(JSON.parse(latest.SchemaDefinition!)));
    } catch (error) {
      throw new SluiceError({
        kind: 'configuration',
        what: `this version of Sluice writes a schema that cannot read version ${latest.VersionNumber} (${latest.SchemaVersionId}): ${(error as Error).message}`,
        on: `schema ${this.schema} in registry ${this.registry}`,
        fix: 'Give new fields a default and keep the types of old ones, or publish to another topic (SLUICE_KAFKA_TOPIC)',
        cause: error,
      });
    }
  }

  /** Glue checks a new version in the background. */
  private async available(versionId: string): Promise<string> {
    for (let check = 0; check < CHECKS_OF_STATUS; check += 1) {
      const { Status: status } = await this.glue.send(new GetSchemaVersionCommand({ SchemaVersionId: versionId }));
      if (status === 'AVAILABLE' || status === undefined) return versionId;
      if (status !== 'PENDING') {
        throw new SluiceError({
          kind: 'configuration',
          what: `the registry refused schema version ${versionId}: ${status}`,
          on: `schema ${this.schema} in registry ${this.registry}`,
          fix: 'Look at the schema’s compatibility in Glue',
        });
      }
      await sleep(500);
    }
    throw new Error(`schema version ${versionId} is still PENDING`);
  }

  private error(what: string, error: unknown): SluiceError {
    if (error instanceof SluiceError) return error;
    const { name, message } = error as Error;
    return new SluiceError({
      kind: KIND_OF[name] ?? 'transient',
      what: `${what}: ${name}: ${message}`,
      on: `schema ${this.schema} in registry ${this.registry}`,
      fields: { code: name },
      cause: error,
    });
  }
}

export function openSchemaRegistry(configuration: Configuration): SchemaRegistry {
  const glue = new GlueClient({
    region: configuration.SLUICE_AWS_REGION,
    ...(configuration.SLUICE_AWS_ENDPOINT === undefined ? {} : { endpoint: configuration.SLUICE_AWS_ENDPOINT }),
    maxAttempts: 4,
  });
  return new SchemaRegistry(glue, configuration.SLUICE_GLUE_REGISTRY, configuration.SLUICE_KAFKA_TOPIC);
}

async function unlessThere<T>(creating: Promise<T>): Promise<T | undefined> {
  try {
    return await creating;
  } catch (error) {
    if (isNamed(error, 'AlreadyExistsException')) return undefined;
    throw error;
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
