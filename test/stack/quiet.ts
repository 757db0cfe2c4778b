/** A terminal on which nobody looks. */
import { Terminal } from '../../scripts/terminal';

export const quiet = new Terminal(false, process.stdout, { write: () => true } as unknown as NodeJS.WriteStream);
