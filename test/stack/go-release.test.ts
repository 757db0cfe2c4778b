import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { SetupContext } from '../../scripts/setup/cached-part';
import { goRelease, type GoRelease } from '../../scripts/setup/go-release';
import { quiet } from './quiet';

describe('a released program', () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-release-'));
  const path = process.env.PATH ?? '';
  let server: Server;
  let released: Buffer;
  let context: SetupContext;
  let count = 0;

  beforeAll(async () => {
    mkdirSync(join(root, 'tool_v1_Linux'));
    writeFileSync(join(root, 'tool_v1_Linux', 'tool'), '#!/bin/sh\necho released\n');
    writeFileSync(join(root, 'tool_v1_Linux', 'README'), 'not wanted');
    execFileSync('tar', ['-czf', join(root, 'tool.tar.gz'), '-C', root, 'tool_v1_Linux']);
    released = readFileSync(join(root, 'tool.tar.gz'));
    // A Go that builds at once, so that falling back to it can be seen.
    mkdirSync(join(root, 'bin'));
    writeFileSync(join(root, 'bin', 'go'), [
      '#!/bin/sh', `echo "$@" >> ${join(root, 'asked')}`, 'while [ $# -gt 0 ] && [ "$1" != -o ]; do shift; done', '[ $# -gt 0 ] || exit 0',
      'printf \'#!/bin/sh\\necho built\\n\' > "$2"', 'chmod +x "$2"', '',
    ].join('\n'));
    chmodSync(join(root, 'bin', 'go'), 0o755);
    process.env.PATH = `${join(root, 'bin')}${delimiter}${path}`;
    server = createServer((request, response) => {
      if (request.url === '/tool.tar.gz') response.end(released);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    context = { cache: join(root, `cache-${count += 1}`), terminal: quiet };
    mkdirSync(context.cache);
  });
  afterAll(() => {
    process.env.PATH = path;
    server.close();
    rmSync(root, { recursive: true });
  });

  const release = (file: string, sha256: string): GoRelease => ({
    part: 'tool', program: 'tool', version: '1.0.0',
    build: { module: 'example.org/tool/cmd', version: '0.9.0', newer: ['example.org/part@v2.1.0'], variables: { 'main.Name': 'tool' }, takes: 'a moment' },
    archive: () => ({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`, sha256, member: 'tool_v1_Linux/tool',
    }),
  });
  const digest = (): string => createHash('sha256').update(released).digest('hex');
  const says = (binary: string): string => execFileSync(binary, { encoding: 'utf8' }).trim();

  test('is taken out of its archive, alone and ready to run', async () => {
    const binary = await goRelease(context, release('tool.tar.gz', digest()));
    expect(says(binary)).toBe('released');
    expect(existsSync(join(binary, '..', 'README'))).toBe(false);
  });

  test('that cannot be downloaded is built', async () => {
    const binary = await goRelease(context, release('none.tar.gz', digest()));
    expect(says(binary)).toBe('built');
    const asked = readFileSync(join(root, 'asked'), 'utf8').split('\n');
    expect(asked[1]).toBe('get example.org/tool/cmd@v0.9.0 example.org/part@v2.1.0');
    expect(asked[2]).toMatch(/^build .*-X main\.Name=tool .* example\.org\/tool\/cmd$/);
    // Another build is another part: what an earlier set-up built is not taken for it.
    expect(binary).toContain('tool-1.0.0-0.9.0');
  });

  test('that is not the pinned one is refused, and nothing else is tried in its place', async () => {
    await expect(goRelease(context, release('tool.tar.gz', '0'.repeat(64)))).rejects.toMatchObject({ kind: 'data' });
    expect(existsSync(join(context.cache, 'tool-1.0.0-0.9.0'))).toBe(false);
  });
});
