/** The sources, and when they last changed: a build older than that is not what the user wrote. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** of what is built */
export const FOLDERS = ['contract', 'sql', 'workflows', 'activities', 'engines', 'jobs', 'stores', 'workers', 'scripts', 'bench', 'pages'];
const FILES = ['tsconfig.json', 'package-lock.json'];

/** ms; of folders too, so that a deleted file counts */
export function newestSource(root) {
  let newest = Math.max(...FILES.map((file) => statSync(join(root, file)).mtimeMs));
  for (const folder of FOLDERS) {
    const path = join(root, folder);
    newest = Math.max(newest, statSync(path).mtimeMs);
    // What a bench found is no source: the next one would build again for it.
    for (const entry of readdirSync(path, { recursive: true }).filter((name) => !name.startsWith('results'))) newest = Math.max(newest, statSync(join(path, entry)).mtimeMs);
  }
  return Math.ceil(newest);
}
