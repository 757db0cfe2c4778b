/** Which Sluice this is, as package.json says. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function productVersion(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string }).version;
    } catch (error) {
      // In dist/ it is two folders above; an image may leave it out.
      if (dirname(folder) === folder || (error as NodeJS.ErrnoException).code !== 'ENOENT') return 'unknown';
    }
  }
}
