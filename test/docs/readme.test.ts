import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Command } from 'commander';
import { SETTINGS } from '../../contract/configuration';
import { POSTGRES_SETTING } from '../../scripts/setup/postgres';
import type * as Sluice from '../../scripts/sluice';
import { DEFAULT_PORTS, PORT_NAMES, portSetting } from '../../scripts/stack/ports';

const ROOT = join(__dirname, '../..');
/** As built: what `npx sluice` runs. */
const { createProgram } = createRequire(__filename)(join(ROOT, 'dist/scripts/sluice.js')) as typeof Sluice;
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

const DOCUMENTS = ['README.md', ...readdirSync(join(ROOT, 'docs'), { recursive: true }).map((name) => `docs/${String(name)}`).filter((name) => name.endsWith('.md'))];

/** Rows of the tables under a heading whose first cell is code; the test's failure shows the rows as they should be. */
function rowsUnder(heading: string): readonly string[] {
  const section = README.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section.split('\n').filter((line) => line.startsWith('| `'));
}

function settingRow(name: string, setting: (typeof SETTINGS)[keyof typeof SETTINGS]): string {
  const fallback = 'fallback' in setting ? `\`${setting.fallback}\`` : setting.schema.safeParse(undefined).success ? '–' : 'required';
  const choices = 'options' in setting.schema ? `: ${setting.schema.options.map((choice) => `\`${choice}\``).join(', ')}` : '';
  return `| \`${name}\` | ${fallback} | ${setting.about}${choices}${'secret' in setting ? ' (secret)' : ''} |`;
}

function commandRows(command: Command, path: string): readonly string[] {
  const shown = command.commands.filter((child) => child.name() !== 'help');
  const own = path !== '' && command.options.some((option) => option.long !== '--json');
  if (shown.length > 0) return [...(own ? [commandRow(command, path)] : []), ...shown.flatMap((child) => commandRows(child, path === '' ? child.name() : `${path} ${child.name()}`))];
  return [commandRow(command, path)];
}

function commandRow(command: Command, path: string): string {
  const places = command.registeredArguments.map((place) => (place.required ? ` <${place.name()}${place.variadic ? '…' : ''}>` : ` [${place.name()}${place.variadic ? '…' : ''}]`)).join('');
  const options = command.options.filter((option) => option.long !== '--json').map((option) => `\`${option.flags.replace('...', '…')}\``);
  return `| \`${path}${places}\` | ${command.summary() || command.description()} | ${options.join(' ')} |`;
}

it('README names every setting, with its default and meaning', () => {
  const expected = Object.entries(SETTINGS).map(([name, setting]) => settingRow(name, setting));
  expect(rowsUnder('Configuration').filter((row) => /^\| `SLUICE_/.test(row) && !/^\| `SLUICE_(PORT_|CACHE_DIR|STATE_DIR|POSTGRES_HOME)/.test(row))).toEqual(expected);
});

it('README names the ports of the local stack', () => {
  const expected = PORT_NAMES.map((name) => `| \`${portSetting(name)}\` | \`${DEFAULT_PORTS[name]}\` |`);
  const rows = rowsUnder('Configuration');
  expect(expected.filter((beginning) => !rows.some((row) => row.startsWith(beginning)))).toEqual([]);
});

it('README’s table of the command line is what the program has', () => {
  expect(rowsUnder('The command line')).toEqual(commandRows(createProgram().program, ''));
});

it.each(DOCUMENTS)(
  '%s names no command, option or setting that does not exist', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const { program } = createProgram();
    const settings = new Set([...Object.keys(SETTINGS), ...PORT_NAMES.map(portSetting), 'SLUICE_PORT_OFFSET', 'SLUICE_CACHE_DIR', 'SLUICE_STATE_DIR', POSTGRES_SETTING, 'SLUICE_FAULTS_FILE']);
    expect([...text.matchAll(/\bSLUICE_[A-Z0-9_]*[A-Z0-9]\b/g)].map(([name]) => name).filter((name) => !settings.has(name))).toEqual([]);
    for (const [, words] of text.matchAll(/npx sluice ((?:[^\n`|#]|\\\n)+)/g)) {
      expect(unknownIn(program, words!.replaceAll('\\\n', ' ').trim().split(/\s+/))).toEqual([]);
    }
  },
);

/** Of `run --landing-hour H`: words that are no command where one is due, and options that the command does not have. */
function unknownIn(program: Command, words: readonly string[]): readonly string[] {
  let command = program;
  let at = 0;
  while (command.commands.length > 0 && at < words.length && !words[at]!.startsWith('-')) {
    const child = command.commands.find((one) => one.name() === words[at]);
    if (child === undefined) return [words[at]!];
    command = child;
    at += 1;
  }
  const known = new Set(command.options.map((option) => option.long));
  return words.slice(at).filter((word) => word.startsWith('--') && !known.has(word.replace(/[^a-z-].*$/, '')) && word !== '--help' && word !== '--json');
}

it.each(DOCUMENTS)('links and files named by %s are there', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => join(ROOT, file, '..', target!));
  // Only what lies in a folder of ours: other paths are the lake's.
  const named = [...text.matchAll(/`((?:contract|sql|workflows|activities|engines|stores|workers|scripts|test|bench|docs)\/[\w./-]+)`/g)].map(([, path]) => join(ROOT, path!));
  expect([...links, ...named].filter((path) => !existsSync(path))).toEqual([]);
});
