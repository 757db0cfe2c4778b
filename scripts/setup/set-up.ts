/** Everything that the local stack runs, brought onto this machine once. */
import { mkdirSync } from 'node:fs';
import type { Terminal } from '../terminal';
import type { SetupContext } from './cached-part';
import { setUpKafka } from './kafka';
import { setUpMoto } from './moto';
import { cacheDir } from './platform';
import { setUpPostgres } from './postgres';
import { setUpTemporalCli } from './temporal-cli';
import { setUpVersitygw } from './versitygw';

export interface Programs {
  /** the `temporal` binary */
  readonly temporal: string;
  /** folder with the broker's jars */
  readonly kafka: string;
  /** the `versitygw` binary */
  readonly versitygw: string;
  /** `python` of moto's environment */
  readonly moto: string;
  /** folder with Postgres' bin, lib and share */
  readonly postgres: string;
}

/** All parts at once; a part that fails does not stop the others, so that the next start has less to do. */
export async function setUp(terminal: Terminal): Promise<Programs> {
  const context: SetupContext = { cache: cacheDir(), terminal };
  mkdirSync(context.cache, { recursive: true });
  const parts = await Promise.allSettled([
    setUpTemporalCli(context), setUpKafka(context), setUpVersitygw(context), setUpMoto(context), setUpPostgres(context),
  ]);
  const failures = parts.filter((part) => part.status === 'rejected');
  for (const failure of failures.slice(1)) terminal.error(failure.reason);
  if (failures[0] !== undefined) throw failures[0].reason;
  const [temporal, kafka, versitygw, moto, postgres] = parts.map((part) => (part as PromiseFulfilledResult<string>).value);
  return { temporal: temporal!, kafka: kafka!, versitygw: versitygw!, moto: moto!, postgres: postgres! };
}
