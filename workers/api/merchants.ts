/** Whose numbers are asked for, and whether whoever asks may have them. */
import type { ApiKey } from '../../contract/api-keys';
import type { ReportReader, RestsOn } from '../../stores/reports';
import { Problem } from './problems';

/**
 * Another's merchant is to the holder of a merchant's key one that does not exist. Undefined: all of them. While Postgres is being made again it
 * does not know them all.
 */
export async function merchantOf(reader: ReportReader, { merchantId }: ApiKey, asked: string | undefined, { rebuilding }: Pick<RestsOn, 'rebuilding'>): Promise<string | undefined> {
  if (asked === undefined) return merchantId ?? undefined;
  if (merchantId === asked || (merchantId === null && (rebuilding || await reader.merchantKnown(asked)))) return asked;
  throw new Problem('unknown-merchant', `No payment of ${asked} was ever loaded`, 'merchant');
}
