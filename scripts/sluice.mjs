#!/usr/bin/env node
/** `npx sluice`: the command line, as built. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const built = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'scripts', 'sluice.js');
if (!existsSync(built)) {
  console.error('sluice: not built yet. Run `npm start` (sets everything up and starts the local stack) or `npm run build`');
  process.exit(1);
}
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
process.argv[1] = built;
await import(pathToFileURL(built).href);
