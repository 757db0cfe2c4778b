/** In which fields a table of the catalogue and the contract disagree. Pure. */
import type { Column, Table } from '@aws-sdk/client-glue';
import type { FieldDrift } from '../contract/stages';
import type { CatalogTable } from './catalog-tables';

/** Types that a crawler may read out of raw lines where ours says text: no drift, the transform reads them by their text. */
const AS_GOOD_AS_TEXT: readonly string[] = ['bigint', 'int', 'double', 'boolean', 'timestamp', 'date'];

export function tableDrift(found: Pick<Table, 'StorageDescriptor' | 'PartitionKeys'>, wanted: CatalogTable, madeBy: 'us' | 'crawler'): readonly FieldDrift[] {
  const drift: FieldDrift[] = [];
  const say = (field: string, problem: string): void => {
    drift.push({ field, where: 'table', problem: `${wanted.Name}: ${problem}` });
  };
  const kinds = [
    ['column', found.StorageDescriptor?.Columns ?? [], wanted.StorageDescriptor.Columns ?? []],
    ['partition key', found.PartitionKeys ?? [], wanted.PartitionKeys],
  ] as const;
  for (const [kind, has, due] of kinds) {
    const types = typesOf(has);
    for (const { Name: name, Type: type } of due) {
      const given = types.get(name!);
      if (given === undefined) {
        say(name!, `the table has no such ${kind}, the contract says ${type}`);
      } else if (given !== type && !(madeBy === 'crawler' && type === 'string' && AS_GOOD_AS_TEXT.includes(given))) {
        say(name!, `the table’s ${kind} is ${given}, the contract says ${type}${madeBy === 'crawler' ? '; the crawler guessed it: set its update behaviour to LOG' : ''}`);
      }
    }
    const known = typesOf(due);
    for (const [name, type] of types) {
      if (!known.has(name)) say(name, `the table has the ${kind} (${type}), the contract does not know it`);
    }
  }
  return drift;
}

function typesOf(columns: readonly Column[]): ReadonlyMap<string, string> {
  return new Map(columns.map(({ Name, Type }) => [Name!, Type ?? '']));
}
