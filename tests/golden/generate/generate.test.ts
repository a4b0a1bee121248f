import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema as parseSchema, validateSchema } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Emitter } from '../../../generator/emit/emitter.ts';
import { headerText } from '../../../generator/emit/emitter.ts';
import { type GenerateOptions, generate } from '../../../generator/generate.ts';
import { pull } from '../../../generator/pull/pull.ts';
import { filesIn, temporaryFolder } from '../../support/project.ts';
import { config } from './config.ts';

const here = import.meta.dirname;
const expectedDir = join(here, 'expected');

let project = temporaryFolder();
const run = (options: Partial<GenerateOptions> = {}) =>
  generate({ projectDir: project.path, config, emitters: [], ...options });
const page = (path: string): Emitter => () => [{ path, content: `<!-- ${headerText} -->\n` }];
const save = (path: string, text: string) => writeFileSync(join(project.path, path), text);
const text = (path: string): string => filesIn(project.path)[path] ?? '';

beforeEach(async () => {
  project = temporaryFolder();
  await pull(join(here, 'noetl.yaml'), { projectDir: project.path, now: () => new Date(0) });
});
afterEach(() => project.remove());

describe('generate', { timeout: 60_000 }, () => {
  it('writes the golden files', async () => {
    const { notes, differences } = await run();
    const made = filesIn(project.path);
    for (const [path, content] of Object.entries(made)) {
      await expect(content, path).toMatchFileSnapshot(join(expectedDir, path));
    }
    // A file that is no longer made is removed by hand.
    expect(Object.keys(made)).toEqual(Object.keys(filesIn(expectedDir)));
    expect(differences.map(({ kind }) => kind)).toEqual(differences.map(() => 'missing'));
    expect(notes).toEqual([expect.stringContaining('operations.later: the document has no GET /api/later')]);
    expect(validateSchema(parseSchema(made['mesh/generated/schema.graphql'] ?? ''))).toEqual([]);
  });

  it('writes the same bytes again: in another time zone, from shuffled keys, a second time', async () => {
    await run();
    const first = filesIn(project.path);
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Pacific/Kiritimati';
    try {
      save('openapi/noetl.json', JSON.stringify(reversed(JSON.parse(text('openapi/noetl.json')))));
      const operations = Object.fromEntries(Object.entries(config.operations).reverse());
      const { differences } = await run({ config: { ...config, operations } });
      expect(differences).toEqual([]);
      expect({ ...filesIn(project.path), 'openapi/noetl.json': '' }).toEqual({ ...first, 'openapi/noetl.json': '' });
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('with --check lists what is stale, missing and orphaned, and writes nothing', async () => {
    await run({ emitters: [page('docs/generated/old.md'), page('docs/generated/kept.md')] });
    save('mesh/generated/schema.graphql', text('mesh/generated/schema.graphql').replace('page: Int', 'page: Float'));
    rmSync(join(project.path, 'mesh/generated/operations.ts'));
    const before = filesIn(project.path);
    const { differences } = await run({ check: true, emitters: [page('docs/generated/kept.md')] });
    expect(differences.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      'orphaned docs/generated/old.md',
      'stale gateway.lock',
      'missing mesh/generated/operations.ts',
      'stale mesh/generated/schema.graphql',
    ]);
    expect(differences.at(-1)?.diff).toMatch(/^@@ line \d+ @@\n-.*page: Float[^]*\n\+.*page: Int/);
    expect(filesIn(project.path)).toEqual(before);
    await run({ emitters: [page('docs/generated/kept.md')] });
    expect(Object.keys(filesIn(project.path))).not.toContain('docs/generated/old.md');
    expect((await run({ check: true, emitters: [page('docs/generated/kept.md')] })).differences).toEqual([]);
  });

  it('removes no file that a person has taken over, and none outside of the project', async () => {
    await run({ emitters: [page('notes.md')] });
    save('notes.md', 'mine');
    const lock = JSON.parse(text('gateway.lock'));
    save('gateway.lock', JSON.stringify({ ...lock, files: [...lock.files, '../outside.md'] }));
    await run();
    expect(text('notes.md')).toBe('mine');
  });

  it('changes nothing when it fails', async () => {
    await run();
    const before = filesIn(project.path);
    const broken: Emitter = () => {
      throw new TypeError('no');
    };
    await expect(run({ emitters: [page('new.md'), broken] })).rejects.toThrow('no');
    const operations = { ...config.operations, odd: { upstream: 'GET /api/odd', access: config.operations['me']?.access } };
    await expect(run({ config: { ...config, operations } as never })).rejects.toMatchObject({ code: 'ERR_POLICY_INVALID' });
    expect(filesIn(project.path)).toEqual(before);
  });

  it('stops when upstream has renamed a field or moved an operation, and says what to write', async () => {
    await run();
    const document = text('openapi/noetl.json');
    save('openapi/noetl.json', document.replaceAll('"content-type"', '"media_type"'));
    await expect(run()).rejects.toMatchObject({ problems: expect.arrayContaining([expect.stringContaining('content-type')]) });
    save('openapi/noetl.json', document.replaceAll('/api/executions"', '/api/v2/runs"'));
    await expect(run()).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.stringContaining('the document has no GET /api/executions'),
        expect.stringContaining("write upstream: 'GET /api/v2/runs'"),
      ]),
    });
  });

  it('lets a name change its meaning only when that is accepted', async () => {
    await run();
    const operations = {
      ...config.operations,
      executions: { ...config.operations['executions'], fields: { execution_id: ['id', 'executionId'], 'content-type': false, secret: 'mediaType' } },
    };
    const changed = { config: { ...config, operations } as never };
    await expect(run(changed)).rejects.toMatchObject({
      problems: expect.arrayContaining([expect.stringContaining('Run.mediaType: was content-type on the wire and would now be secret')]),
    });
    await run({ ...changed, accept: { changes: true, members: [] } });
    expect((await run(changed)).differences).toEqual([]);
  });

  it('keeps closed what a document adds to what is open, until it is accepted', async () => {
    await run();
    const document = JSON.parse(text('openapi/noetl.json'));
    const before = filesIn(project.path);
    document.components.schemas.Run.allOf[1].properties.auth_token = { type: 'string' };
    document.paths['/api/executions'].get.parameters.push({ name: 'tenant', in: 'query', schema: { type: 'string' } });
    save('openapi/noetl.json', JSON.stringify(document));
    const closed = await run();
    const called = ({ pending }: typeof closed) => pending.map(({ kind, name }) => `${kind} ${name}`);
    expect(called(closed)).toEqual(['argument executions.args.tenant', 'field executions.authToken']);
    expect(text('mesh/generated/schema.graphql')).toBe(before['mesh/generated/schema.graphql']);
    expect(JSON.parse(text('gateway.lock'))).toEqual(JSON.parse(before['gateway.lock'] ?? ''));
    expect((await run({ check: true })).differences).toEqual([]);

    const { opened, pending } = await run({ accept: { changes: false, members: ['executions.args.tenant'] } });
    expect([...opened, ...pending].map(({ name }) => name)).toEqual(['executions.args.tenant', 'executions.authToken']);
    expect(text('mesh/generated/schema.graphql')).toMatch(/executions\([^)]*tenant: String/);
    expect(text('mesh/generated/schema.graphql')).not.toContain('authToken');
    await expect(run({ accept: { changes: false, members: ['executions.nothing'] } })).rejects.toMatchObject({ code: 'ERR_POLICY_INVALID' });
  });

  it('with failOnBreaking writes nothing when something that is open breaks', async () => {
    await run();
    const document = JSON.parse(text('openapi/noetl.json'), (key, value) => (key === 'reason' ? undefined : value));
    save('openapi/noetl.json', JSON.stringify(document));
    const before = filesIn(project.path);
    expect((await run({ failOnBreaking: true })).news?.breaks).toBe(true);
    expect(filesIn(project.path)).toEqual(before);
    await run();
    expect((await run({ failOnBreaking: true })).news?.breaks ?? false).toBe(false);
  });

  it('reports its stages, and what the rules found', async () => {
    const stages: string[] = [];
    const { rules } = await run({ onStage: ({ name, ms }) => stages.push(ms >= 0 ? name : '') });
    expect(stages).toEqual(['read', 'table', 'normalise', 'mesh', 'schema', 'emit', 'compare', 'write']);
    expect(rules.find(({ rule }) => rule === 'merge-all-of')?.changes).toBe(1);
  });

  it('says so when there is no document', async () => {
    rmSync(join(project.path, 'openapi/noetl.json'));
    await expect(run()).rejects.toMatchObject({ code: 'ERR_SPEC_INVALID' });
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([key, member]) => [key, reversed(member)]));
}
