#!/usr/bin/env node
/** `npx sluice`: the command line, as built. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'scripts', process.argv[2] === 'curate' ? 'sluice-curate.js' : 'sluice.js');
if (!existsSync(built)) {
  console.error('sluice: not built yet. Run `npm start` (sets everything up and starts the local stack) or `npm run build`');
  process.exit(1);
}
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
createRequire(import.meta.url)(built).run();
