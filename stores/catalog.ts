/** The catalogue: database and tables over the lake, through the Glue API. Written only where they differ; safe with two at once. */
import { isDeepStrictEqual } from 'node:util';
import {
  CreateDatabaseCommand, CreateTableCommand, GetTableCommand, GetTablesCommand, GlueClient, UpdateTableCommand, type Table, type TableInput,
} from '@aws-sdk/client-glue';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import type { FieldDrift } from '../contract/stages';
import { tableDrift } from './catalog-drift';
import { catalogError } from './catalog-errors';
import { catalogTables, type CatalogTable } from './catalog-tables';
import { catalogViews } from './catalog-views';

const TRIES = 5;

export interface CatalogChanges {
  /** names of tables, and of the database as `database <name>` */
  readonly created: readonly string[];
  readonly updated: readonly string[];
  /** how the tables were before they were updated */
  readonly drift: readonly FieldDrift[];
}

export class Catalog {
  constructor(readonly glue: GlueClient, readonly database: string, readonly bucket: string) {}

  /** Database, tables and views as the contract has them. `except`: tables whose columns are a crawler's, made here only if they are absent. */
  async apply(except: readonly string[] = []): Promise<CatalogChanges> {
    const created: string[] = [];
    const updated: string[] = [];
    const drift: FieldDrift[] = [];
    const tables = await this.tablesOfDatabase();
    if (tables === null && await this.createDatabase()) created.push(`database ${this.database}`);
    const found = new Map(tables?.map((table) => [table.Name, table]));
    for (const table of [...catalogTables(this.bucket), ...catalogViews(this.database, this.bucket)]) {
      const change = await this.applyTable(table, found.get(table.Name) ?? null, except.includes(table.Name));
      if (change.outcome === 'created') created.push(table.Name);
      if (change.outcome === 'updated') updated.push(table.Name);
      drift.push(...change.drift);
    }
    return { created, updated, drift };
  }

  async table(name: string): Promise<Table | null> {
    try {
      return (await this.glue.send(new GetTableCommand({ DatabaseName: this.database, Name: name }))).Table ?? null;
    } catch (error) {
      if ((error as Error).name === 'EntityNotFoundException') return null;
      throw catalogError('cannot read the table', `${this.database}.${name}`, error);
    }
  }

  /** All of the database, others' too. */
  async tables(): Promise<readonly Table[]> {
    return (await this.tablesOfDatabase()) ?? [];
  }

  /** What a crawler made of a table. */
  async crawledDrift(name: string): Promise<readonly FieldDrift[]> {
    const wanted = catalogTables(this.bucket).find((table) => table.Name === name);
    const found = await this.table(name);
    if (wanted === undefined || found === null) {
      throw new SluiceError({
        kind: 'configuration', what: 'the crawler removed the table', on: `${this.database}.${name}`, fix: 'Set the crawler’s delete behaviour to LOG',
      });
    }
    return tableDrift(found, wanted, 'crawler');
  }

  close(): void {
    this.glue.destroy();
  }

  /** One request for up to a hundred; database and tables one by one would be nine in every hour. Null: there is no such database. */
  private async tablesOfDatabase(): Promise<readonly Table[] | null> {
    const tables: Table[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.glue.send(new GetTablesCommand({ DatabaseName: this.database, ...(token === undefined ? {} : { NextToken: token }) }));
        tables.push(...(page.TableList ?? []));
        token = page.NextToken;
      } while (token !== undefined);
    } catch (error) {
      if ((error as Error).name === 'EntityNotFoundException') return null;
      throw catalogError('cannot list the tables', this.database, error);
    }
    return tables;
  }

  private async createDatabase(): Promise<boolean> {
    try {
      await this.glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: this.database, Description: 'The wallet’s payments' } }));
      return true;
    } catch (error) {
      if ((error as Error).name === 'AlreadyExistsException') return false;
      throw catalogError('cannot create the database', this.database, error);
    }
  }

  /** Whoever comes second reads again what the first one made, and mostly finds nothing to do. `listed`: as it was a moment ago. */
  private async applyTable(
    wanted: CatalogTable, listed: Table | null, onlyCreate: boolean,
  ): Promise<{ outcome: 'created' | 'updated' | 'same'; drift: readonly FieldDrift[] }> {
    const on = `${this.database}.${wanted.Name}`;
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const found = tries === 1 ? listed : await this.table(wanted.Name);
      try {
        if (found === null) {
          await this.glue.send(new CreateTableCommand({ DatabaseName: this.database, TableInput: wanted }));
          return { outcome: 'created', drift: [] };
        }
        if (onlyCreate) return { outcome: 'same', drift: [] };
        const drift = tableDrift(found, wanted, 'us');
        const due = merged(found, wanted);
        if (isDeepStrictEqual(comparable(found), comparable(due))) return { outcome: 'same', drift };
        await this.glue.send(new UpdateTableCommand({
          DatabaseName: this.database, TableInput: due, ...(found.VersionId === undefined ? {} : { VersionId: found.VersionId }),
        }));
        return { outcome: 'updated', drift };
      } catch (error) {
        const { name } = error as Error;
        if (!['AlreadyExistsException', 'ConcurrentModificationException', 'EntityNotFoundException', 'VersionMismatchException'].includes(name)) {
          throw catalogError('cannot write the table', on, error);
        }
      }
    }
    throw new SluiceError({
      kind: 'throttled', what: `the table was changed by others ${TRIES} times while it was being written`, on, fix: 'It is tried again by itself',
    });
  }
}

export function openCatalog(configuration: Configuration): Catalog {
  const glue = new GlueClient({
    region: configuration.SLUICE_AWS_REGION,
    ...(configuration.SLUICE_AWS_ENDPOINT === undefined ? {} : { endpoint: configuration.SLUICE_AWS_ENDPOINT }),
    maxAttempts: 4,
  });
  return new Catalog(glue, configuration.SLUICE_GLUE_DATABASE, configuration.SLUICE_LAKE_BUCKET);
}

/** An update replaces the table whole: what others noted there (owner, retention, their parameters) must be carried over. */
function merged(found: Table, wanted: CatalogTable): TableInput & { readonly Name: string } {
  const theirs = Object.entries(found.Parameters ?? {}).filter(([name]) => !/^(projection\.|storage\.location\.template$)/.test(name));
  return {
    ...wanted,
    ...(found.Owner === undefined ? {} : { Owner: found.Owner }),
    ...(found.Retention === undefined ? {} : { Retention: found.Retention }),
    Parameters: { ...Object.fromEntries(theirs), ...wanted.Parameters },
  };
}

function comparable({ Description, TableType, PartitionKeys, Parameters, StorageDescriptor, ViewOriginalText, ViewExpandedText }: TableInput): unknown {
  const columns = (list: TableInput['PartitionKeys']): unknown => (list ?? []).map(({ Name, Type }) => ({ Name, Type }));
  return {
    Description: Description ?? null, TableType, Parameters: { ...Parameters }, PartitionKeys: columns(PartitionKeys), Columns: columns(StorageDescriptor?.Columns),
    ViewOriginalText, ViewExpandedText,
    Location: StorageDescriptor?.Location, InputFormat: StorageDescriptor?.InputFormat, OutputFormat: StorageDescriptor?.OutputFormat,
    Serde: StorageDescriptor?.SerdeInfo?.SerializationLibrary, SerdeParameters: { ...StorageDescriptor?.SerdeInfo?.Parameters },
  };
}
