import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pullPlaybooks } from '../../../../generator/pull/pull-playbooks.ts';
import { playbookFile, pulledForm, readPlaybooks } from '../../../../generator/pull/pulled-playbooks.ts';
import { action } from '../../../../index.ts';
import { filesIn, temporaryFolder } from '../../../support/project.ts';

let project: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  project = temporaryFolder();
});
afterEach(() => project.remove());

const content = `apiVersion: noetl.io/v2
workload:
  day: "" # ui:required # ui:format=date
  sort: price # ui:enum=[price,stops]
  api_key: sk-live-1
  db: {host: db1, password: hunter2}
  url: postgres://user:hunter2@db/x
workflow:
  - step: search
  - step: end
`;
const field = (name: string, kind: string, value: unknown, more: object = {}) => ({
  ...{ name, kind, default: value, description: null, secret: false, credential_glob: null, options: null },
  ...more,
});
const fields = [
  field('day', 'string', ''),
  field('sort', 'enum', 'price', { options: ['price', 'stops'], description: 'The order.' }),
  field('api_key', 'string', 'sk-live-1'),
  field('hint', 'string', 'sk-live-2', { secret: true }),
  field('db', 'object', { host: 'db1', password: 'hunter2' }),
  field('url', 'string', 'postgres://user:hunter2@db/x'),
];

/** A NoETL with playbooks of these paths, in version 3; `hasForms`: it infers forms. */
function noetl(paths: readonly string[], { hasForms = true, source = content } = {}) {
  const asked: string[] = [];
  const missing = () => new Response('', { status: 404 });
  const entries = [...paths.map((path) => ({ path, kind: 'playbook' })), { path: 'a/agent', kind: 'agent' }];
  const resource = ({ path = '', version = '' }) =>
    paths.includes(path)
      ? Response.json({ path, version: version === 'latest' ? 3 : Number(version), content: source })
      : missing();
  const form = () => (hasForms ? Response.json({ description_markdown: 'Finds *flights*.', fields }) : missing());
  const fetch = async (url: URL | string | Request, init: RequestInit = {}): Promise<Response> => {
    const { pathname, search } = new URL(String(url));
    const body = JSON.parse(String(init.body ?? '{}')) as { path?: string; version?: string };
    asked.push(`${init.method ?? 'GET'} ${pathname}${search} ${body.version ?? ''}`.trim());
    if (pathname === '/api/catalog/list') return Response.json({ entries });
    return pathname.endsWith('/ui_schema') ? form() : resource(body);
  };
  return { fetch, asked };
}

const pulled = (server: ReturnType<typeof noetl>, patterns: readonly string[], actions = {}) =>
  pullPlaybooks('http://noetl.example.com/openapi.json', {
    ...{ projectDir: project.path, patterns, actions, fetch: server.fetch },
  });

describe('pull --playbooks', () => {
  it('writes variables, steps and the version of what actions name, and reads them back', async () => {
    const server = noetl(['api/flights']);
    const { changed } = await pulled(server, [], { search: action('api/flights', { version: 2 }) });
    expect(changed).toEqual(['openapi/playbooks/api/flights.json', 'openapi/playbooks/api/flights@2.json']);
    expect(server.asked).toEqual([
      'POST /api/catalog/resource latest',
      'GET /api/catalog/api/flights/ui_schema?version=3',
      'POST /api/catalog/resource 2',
      'GET /api/catalog/api/flights/ui_schema?version=2',
    ]);
    const forms = await readPlaybooks(project.path);
    expect(pulledForm(forms, 'api/flights')).toEqual({
      ...{ path: 'api/flights', version: 3, description: 'Finds *flights*.', steps: ['search', 'end'] },
      fields: [
        { name: 'day', kind: 'string', default: '', required: true, format: 'date' },
        { name: 'sort', kind: 'enum', default: 'price', description: 'The order.', options: ['price', 'stops'] },
        { name: 'api_key', kind: 'string', secret: true },
        { name: 'hint', kind: 'string', secret: true },
        { name: 'db', kind: 'object', default: { host: 'db1', password: '[hidden]' } },
        { name: 'url', kind: 'string', default: 'postgres://user:[hidden]@db/x' },
      ],
    });
    expect(pulledForm(forms, 'api/flights', 2)?.version).toBe(2);
    expect((await pulled(server, [], { search: action('api/flights', { version: 2 }) })).changed).toEqual([]);
  });

  it('writes no secret', async () => {
    for (const hasForms of [true, false]) await pulled(noetl(['a'], { hasForms }), ['*']);
    expect(JSON.stringify(filesIn(project.path))).not.toMatch(/hunter2|sk-live/);
  });

  it('reads the workload of a NoETL without forms', async () => {
    const { forms } = await pulled(noetl(['a'], { hasForms: false }), ['a']);
    expect(forms[0]?.fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      ...['day string', 'sort string', 'api_key string', 'db object', 'url string'],
    ]);
  });

  it('takes playbooks that match, and no other resources', async () => {
    const { forms } = await pulled(noetl(['a/b', 'a/c', 'b/a']), ['a/*']);
    expect(forms.map(({ path }) => path)).toEqual(['a/b', 'a/c']);
  });

  it('a source that is no playbook, or a bomb of aliases, has no steps, and stops nothing', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replaceAll(/./g, (name, at: number) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]\n`)}workflow: *h\n`;
    for (const source of ['{', bomb, 'a', 'workflow: 1']) {
      const { forms } = await pulled(noetl(['a'], { source }), ['a']);
      expect(forms[0]?.steps).toBeUndefined();
    }
  });

  it('a playbook that NoETL does not have is an error, and nothing is written', async () => {
    const actions = { search: action('api/flights'), other: action('a') };
    await expect(pulled(noetl(['a']), [], actions)).rejects.toMatchObject({
      problems: ['actions.search: NoETL has no playbook api/flights'],
    });
    expect(filesIn(project.path)).toEqual({});
  });
});

describe('the file of a playbook', () => {
  it.each([
    ['../../etc/passwd', undefined],
    ['a/../b', undefined],
    ['a\\b', undefined],
    ['a/%2e%2e/b', undefined],
    ['/a', undefined],
    ['x'.repeat(300), undefined],
    ['.a/..b', 'openapi/playbooks/%2Ea/%2E%2Eb.json'],
    ['a.json/b', 'openapi/playbooks/a%2Ejson/b.json'],
    ['a:b@2/ü $(x)', 'openapi/playbooks/a%3Ab%402/%C3%BC%20%24%28x%29.json'],
    ['a/b', 'openapi/playbooks/a/b.json'],
  ])('of %s is %s', (path, file) => {
    expect(playbookFile(path)).toBe(file);
  });

  it('that is broken or moved is named', async () => {
    await pulled(noetl(['a/b']), ['*']);
    const text = readFileSync(join(project.path, 'openapi/playbooks/a/b.json'), 'utf8');
    mkdirSync(join(project.path, 'openapi/playbooks/c'));
    writeFileSync(join(project.path, 'openapi/playbooks/c/b.json'), text);
    writeFileSync(join(project.path, 'openapi/playbooks/d.json'), '<<<<<<<');
    await expect(readPlaybooks(project.path)).rejects.toMatchObject({
      problems: [
        'openapi/playbooks/c/b.json: not as pull has written it; pull it again',
        'openapi/playbooks/d.json: not as pull has written it; pull it again',
      ],
    });
  });
});
