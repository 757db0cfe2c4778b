import { parseSync } from '@swc/core';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(__dirname, '../..');

/** What each room may import of ours, besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  sql: [],
  workflows: ['contract'],
  stores: ['contract', 'sql'],
  engines: ['contract', 'sql'],
  activities: ['contract', 'engines', 'stores', 'sql'],
  workers: ['contract', 'engines', 'stores', 'activities'],
  scripts: ['contract', 'engines', 'stores', 'activities', 'workers', 'sql'],
  bench: ['contract', 'engines', 'stores', 'activities', 'workers', 'scripts', 'sql'],
};

/** A workflow runs in a sandbox: of activities it may know the types and nothing that runs. */
const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>> = { workflows: ['activities'] };

/** contract is pure; Node's crypto and Buffer compute, they do not reach out. */
const PURE = new Set(['avsc', 'zod', 'node:crypto']);

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesOf(path) : path.endsWith('.ts') && !path.endsWith('.d.ts') ? [path] : [];
  });
}

function importsOf(room: string): readonly Import[] {
  return filesOf(join(root, room)).flatMap((path) => {
    const found: Import[] = [];
    const note = (specifier: string, typeOnly: boolean): void => {
      const target = specifier.startsWith('.') ? relative(root, resolve(dirname(path), specifier)).split('/')[0]! : `package ${specifier}`;
      found.push({ file: relative(root, path), room, target, typeOnly });
    };
    for (const item of parseSync(readFileSync(path, 'utf8'), { syntax: 'typescript' }).body) {
      if (item.type === 'ImportDeclaration') {
        const allTypes = item.specifiers.length > 0 && item.specifiers.every((specifier) => specifier.type === 'ImportSpecifier' && specifier.isTypeOnly);
        note(item.source.value, item.typeOnly || allTypes);
      } else if (item.type === 'ExportAllDeclaration') {
        note(item.source.value, false);
      } else if (item.type === 'ExportNamedDeclaration' && item.source !== undefined && item.source !== null) {
        note(item.source.value, item.typeOnly);
      }
    }
    return found;
  });
}

test.each(Object.keys(MAY_IMPORT))('%s imports only from below', (room) => {
  const wrong = importsOf(room).filter(({ target, typeOnly }) => {
    if (target.startsWith('package ') || target === room) return false;
    return !MAY_IMPORT[room]!.includes(target) && !(typeOnly && (MAY_IMPORT_TYPES[room] ?? []).includes(target));
  });
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('engines and stores do not know one another, and the contract reaches out to nothing', () => {
  const reaching = importsOf('contract').filter(({ target }) => target.startsWith('package ') && !PURE.has(target.slice('package '.length)));
  expect(reaching.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('workflows use nothing but the contract and Temporal’s own packages', () => {
  const allowed = ['package @temporalio/workflow', 'package @temporalio/common'];
  const wrong = importsOf('workflows').filter(({ target }) => target.startsWith('package ') && !allowed.includes(target));
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('SQL lives in .sql files, each opening with what it answers', () => {
  const sqlFiles = (folder: string): readonly string[] => readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sqlFiles(path) : path.endsWith('.sql') ? [path] : [];
  });
  const silent = sqlFiles(join(root, 'sql')).filter((path) => !readFileSync(path, 'utf8').startsWith('-- '));
  expect(silent.map((path) => relative(root, path))).toEqual([]);
  const statement = /[`'"]\s*(select\s.+\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+table)\s/i;
  const inStrings = ['stores', 'engines', 'activities', 'workers', 'workflows', 'contract'].flatMap((room) => filesOf(join(root, room)))
    .filter((path) => readFileSync(path, 'utf8').split('\n').some((line) => !/^\s*(\/\/|\*)/.test(line) && statement.test(line)));
  expect(inStrings.map((path) => relative(root, path))).toEqual([]);
});

test('the house has the rooms of the design and no others', () => {
  const rooms = readdirSync(root).filter((name) => !name.startsWith('.') && statSync(join(root, name)).isDirectory());
  expect(rooms.filter((name) => !['node_modules', 'dist', 'coverage'].includes(name)).sort())
    .toEqual(['activities', 'bench', 'contract', 'docs', 'engines', 'infra', 'jobs', 'pages', 'scripts', 'sql', 'stores', 'test', 'workers', 'workflows']);
});
