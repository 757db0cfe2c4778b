import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Names in the first column, and what stands beside them, of the section under a heading. */
function rowsUnder(heading: string): readonly (readonly [string, string])[] {
  const text = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name, why]) => [name!, why!] as const);
}

const { dependencies, optionalDependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as PackageJson;

it.each([
  ['At run time', { ...dependencies, ...optionalDependencies }],
  ['To build and test', devDependencies],
])('docs/dependencies.md says of every package why it is there: %s', (heading, wanted) => {
  expect(rowsUnder(heading).map(([name]) => name).sort()).toEqual(Object.keys(wanted).sort());
});
