import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fallbackOf } from '../../gateway/config/environment.ts';
import { defaultSections } from '../../gateway/config/resolve-config.ts';

/** The Dockerfile is kept by hand; what it repeats of elsewhere is held to it here. */
const dockerfile = readFileSync('Dockerfile', 'utf8');
const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

test('the base image is the Node that the repository is tested with, pinned by digest', () => {
  const { version } = JSON.parse(readFileSync('tools/node/package.json', 'utf8')) as { version: string };
  expect(dockerfile).toMatch(
    new RegExp(`^ARG NODE_IMAGE=node:${version.replaceAll('.', '\\.')}-bookworm-slim@sha256:[0-9a-f]{64}$`, 'm'),
  );
  const bases = dockerfile.match(/^FROM \S+/gm);
  expect(new Set(bases)).toEqual(new Set([`FROM $${'{NODE_IMAGE}'}`]));
});

test('ports and health check are those of the configuration', () => {
  const { port, internalPort } = defaultSections.listen;
  expect(last).toContain(`EXPOSE ${fallbackOf(port)} ${fallbackOf(internalPort)}`);
  expect(last).toContain(`process.env.ROUTER_PORT || ${fallbackOf(port)}`);
  expect(last).toContain('/health');
});

test('the image is not root, and copies no sources', () => {
  expect(last).toMatch(/^USER 10001:10001$/m);
  const copied = [...last.matchAll(/^COPY (?!--from)(.+)$/gm)].map(([, words]) => words);
  expect(copied).toEqual([
    'package.json policy-cases.yaml LICENSE ./',
    'openapi/noetl.lock.json openapi/noetl.json ./openapi/',
    'mesh/generated ./mesh/generated',
    'docs/generated/rest.yaml ./docs/generated/',
  ]);
});

test('code is compiled when the image is built, by the account that runs it', () => {
  const [beforeUser = '', afterUser = ''] = last.split('\nUSER 10001:10001\n');
  expect(beforeUser).toContain('RUN install -d -o 10001 -g 10001 .compile-cache');
  expect(afterUser).toContain('ENV NODE_COMPILE_CACHE=/app/.compile-cache');
  expect(afterUser.indexOf('NODE_COMPILE_CACHE')).toBeLessThan(afterUser.indexOf('node dist/cli/main.js serve'));
  // Variables of the build only: a running container has its own, or says what is missing.
  expect(last.match(/^(?:ENV|ARG) .*/gm)?.join()).not.toContain('GATEWAY_');
});

test('the build context holds no local environment', () => {
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['*', '**/.env*', '**/*.env', '**/node_modules']));
  expect(ignored.indexOf('**/.env*')).toBeGreaterThan(ignored.findLastIndex((line) => line.startsWith('!')));
});

test('the build context holds everything that is compiled', () => {
  const { include } = JSON.parse(readFileSync('tsconfig.build.json', 'utf8')) as { include: string[] };
  const taken = new Set(readFileSync('.dockerignore', 'utf8').split('\n'));
  expect(include.map((path) => `!${path.split('/')[0]}`).filter((line) => !taken.has(line))).toEqual([]);
});
