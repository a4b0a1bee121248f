import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../../../gateway/http/answer.ts';
import { createGraphiqlPage } from '../../../../gateway/http/static-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'graphiql-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'assets'));
const files = {
  'index.html': '<!doctype html>page',
  '.sources': 'stamp',
  'assets/app-1.js': 'plain',
  'assets/app-1.js.br': 'brotli',
  'assets/app-1.js.gz': 'gzip',
  'assets/font-1.ttf': 'font',
};
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);

const missing = pathToFileURL(`${folder}-none/`);
const built = createGraphiqlPage([missing, pathToFileURL(`${folder}/`)]);
const bodyOf = (answer: Answer | undefined) =>
  answer?.file === undefined ? answer?.body : readFileSync(answer.file.path, 'utf8');

test('the page: its policy names this origin alone, no other page can frame it, no cache keeps it', async () => {
  const answer = await built.page(undefined);
  const { status, headers } = answer;
  expect([status, bodyOf(answer)]).toEqual([200, '<!doctype html>page']);
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval|blob:/);
  expect(headers).toMatchObject({
    'cache-control': 'no-cache',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'content-type': 'text/html; charset=utf-8',
  });
});

describe('an asset', () => {
  test.each([
    [undefined, 'plain', undefined],
    ['gzip, deflate', 'gzip', 'gzip'],
    ['gzip, br;q=0.9', 'brotli', 'br'],
    ['br;q=0, gzip', 'gzip', 'gzip'],
    ['br;q=0.0', 'plain', undefined],
    ['BR', 'brotli', 'br'],
    ['brx', 'plain', undefined],
  ])('for %s', async (accepted, content, encoding) => {
    const answer = await built.asset('assets/app-1.js', accepted, undefined);
    expect(bodyOf(answer)).toBe(content);
    expect(answer?.headers['content-encoding']).toBe(encoding);
    expect(answer?.headers).toMatchObject({
      vary: 'Accept-Encoding',
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
  });

  test('that the client has is not sent again', async () => {
    const etag = String((await built.asset('assets/font-1.ttf', undefined, undefined))?.headers['etag']);
    expect(await built.asset('assets/font-1.ttf', 'br', etag)).toMatchObject({ status: 304, body: '' });
  });

  test.each([
    'assets/none.js',
    'index.html',
    '.sources',
    'assets/app-1.js.br',
    'assets',
    '../package.json',
    'assets/../index.html',
    '',
  ])('is not at %j', async (name) => {
    expect(await built.asset(name, undefined, undefined)).toBeUndefined();
  });
});

test('a page that is not built explains what to do', async () => {
  const { status, body } = await createGraphiqlPage([missing]).page('br');
  expect(status).toBe(503);
  expect(String(body)).toMatch(/npm run build/);
});

test('a page that a build writes anew is sent whole, and one that it removes is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'graphiql-new-'));
  const file = join(folder, 'index.html');
  writeFileSync(file, 'short');
  const page = createGraphiqlPage([pathToFileURL(`${folder}/`)]);
  writeFileSync(file, 'a longer page');
  expect((await page.page(undefined)).file?.sizeBytes).toBe('a longer page'.length);
  rmSync(folder, { recursive: true });
  expect((await page.page(undefined)).status).toBe(503);
});
