import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, cliProcess, cliProject } from '../support/cli-process.ts';

const rows = `
  executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
  executions: { upstream: 'GET /api/executions', access: authenticated({ rows: 'executions' }) },
  workerPools: { upstream: 'GET /api/worker/pools', access: role('admin') },
  health: { upstream: 'GET /api/health', access: closed() },
  later: { upstream: 'GET /api/later', access: role('admin'), optional: true },`;
const policy = `
  roles: ['admin', 'analyst'],
  grants: [
    allow('admin', 'all', '*'),
    allow('analyst', ['execute', 'view'], 'data/*'),
  ],`;

let project: Awaited<ReturnType<typeof cliProject>>;
let broken: typeof project;

beforeAll(async () => {
  project = await cliProject(`operations: {${rows}},${policy}`);
  broken = await cliProject(`
    operations: {
      typo: { upstream: 'GET /api/executons', access: authenticated() },
      ruled: { upstream: 'POST /api/catalog/resource', access: onPlaybook('view', 'paht'), args: { catalog_id: false } },
      secret: { upstream: 'POST /api/postgres/execute', access: authenticated() },
      wrongRole: { upstream: 'GET /api/executions', access: role('admn') },
    },
    roles: ['admin'], grants: [allow('admin', 'all', '*')],`);
});
afterAll(() => {
  project?.remove();
  broken?.remove();
});

const commands = ['dev', 'serve', 'pull', 'generate', 'diff', 'explain', 'policy', 'doctor', 'init'];
const problemsIn = (text: string) => text.split('\n').filter((line) => line.startsWith('  - '));

describe('--help', () => {
  it('names every command and what exit codes mean', async () => {
    const { code, out } = await cliProcess(['--help']);
    expect(code).toBe(0);
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    expect(out).toContain('Exit codes: 0 fine, 1 the check found something, 2 wrong use or broken input.');
  });

  it.each(commands)('%s', async (command) => {
    const { code, out } = await cli([command, '--help']);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(`Usage: noetl-gateway ${command}`) });
  });
});

describe('wrong use exits 2 and says where help is', () => {
  it.each([
    [['frobnicate']],
    [[]],
    ...commands.map((command) => [[command, '--frobnicate', ...(command === 'diff' ? ['a', 'b'] : [])]]),
    [['pull']],
    [['diff', 'only-one.json']],
    [['diff', '--json', '--markdown', 'a', 'b']],
    [['explain', '--role', 'a', '--user-roles', 'b']],
  ])('%s', async (args) => {
    const { code, out, err } = await cli(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/see noetl-gateway .*--help|Usage: noetl-gateway/);
  });

  const commandsOfAProject = ['generate', 'explain', 'doctor', 'dev'];
  // The first one loads Mesh.
  it.each(commandsOfAProject)('%s without a config says how to get one', { timeout: 60_000 }, async (command) => {
    const folder = await cliProject('');
    folder.remove();
    const { code, err } = await cli([command, '-C', folder.path]);
    expect({ code, problems: problemsIn(err) }).toEqual({
      code: 2,
      problems: ['  - go to the project’s folder, or begin one with: npx noetl-gateway init'],
    });
  });
});

describe('explain', () => {
  const explain = (...args: string[]) => cli(['explain', '-C', project.path, ...args]);

  it('yes is 0, with the grant and its place', async () => {
    const { code, out } = await explain('--role', 'analyst', '--permission', 'execute', '--playbook', 'data/x');
    expect(code).toBe(0);
    expect(out).toMatch(/^yes: analyst may execute data\/x\n/);
    expect(out).toMatch(/gateway\.config\.ts:\d+/);
  });

  it('no is 1, with what is missing', async () => {
    const question = ['--user-roles', 'analyst', '--permission', 'view', '--playbook', 'system/x'];
    const { code, out } = await cliProcess(['explain', '-C', project.path, ...question]);
    expect(code).toBe(1);
    expect(out).toMatch(/^no: analyst may not view system\/x\n +\S/);
  });

  it.each([
    [['--role', 'viewer', '--permission', 'view', '--playbook', 'a'], /unknown role viewer; roles are admin, analyst/],
    [['--role', 'admin', '--permission', 'fly', '--playbook', 'a'], /unknown permission fly; permissions are execute/],
    [['--field', 'nope'], /unknown field nope; fields are executePlaybook/],
    [['--role', 'admin'], /give --role or --user-roles together with --permission and --playbook/],
  ])('%s is 2', async (args, says) => {
    const { code, err } = await explain(...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(says) });
  });

  it('--field and --table show a page; --json is for programs', async () => {
    const field = await explain('--field', 'workerPools');
    expect(field).toMatchObject({ code: 0, out: expect.stringMatching(/workerPools[\s\S]*admin[\s\S]*analyst/) });
    const table = JSON.parse((await explain('--table', '--json')).out);
    expect(table.roles).toEqual(['admin', 'analyst']);
    const byRole = Object.fromEntries(
      table.rows.map((row: { operation: { field: string }; byRole: object }) => [row.operation.field, row.byRole]),
    );
    expect(byRole['workerPools']).toEqual({ admin: { kind: 'all' }, analyst: { kind: 'none' } });
    const path = await explain('--role', 'analyst', '--permission', 'view', '--playbook', 'a/b', '--json');
    expect(path.code).toBe(1);
    expect(JSON.parse(path.out)).toMatchObject({ path: 'a/b', decision: { allowed: false, why: 'no-grant' } });
  });
});

describe('generate', () => {
  it('lists every problem on a line of its own, with its place; writes nothing', async () => {
    const { code, err } = await cli(['generate', '-C', broken.path]);
    expect(code).toBe(2);
    const problems = problemsIn(err);
    for (const place of ['typo', 'ruled.access', 'secret', 'wrongRole.access']) {
      expect(
        problems.some((line) => line.startsWith(`  - operations.${place}: `)),
        place,
      ).toBe(true);
    }
    expect(err).toContain('nearest: GET /api/executions');
    expect(readdirSync(broken.path).sort()).toEqual(['gateway.config.ts', 'openapi']);
  });

  it('--check, generate, --check; --verbose', async () => {
    const before = await cli(['generate', '--check', '-C', project.path]);
    expect(before.code).toBe(1);
    expect(before.out).toContain('missing: mesh/generated/schema.graphql');
    const run = await cli(['generate', '--verbose', '-C', project.path]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/^stages\n( {2}\S+ +\d+ ms\n)+normalising rules\n( {2}\S+ +\d+ changes\n)+/m);
    expect(run.out).toContain('wrote mesh/generated/schema.graphql');
    const after = await cli(['generate', '--check', '-C', project.path]);
    expect(after).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+ files are up to date/m) });
    const schema = join(project.path, 'mesh', 'generated', 'schema.graphql');
    await writeFile(schema, `${await readFile(schema, 'utf8')}# by hand\n`);
    const edited = await cli(['generate', '--check', '-C', project.path]);
    await writeFile(schema, await readFile(schema, 'utf8').then((text) => text.replace('# by hand\n', '')));
    expect(edited).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^stale: mesh\/generated\/schema\.graphql\n {4}/m),
    });
  }, 60_000);

  it('explain --table has the rows of the policy page, and says which have no field', async () => {
    const page = await readFile(join(project.path, 'docs', 'generated', 'policy.md'), 'utf8');
    const [, ofRoles = ''] = page.split('## Roles and operations');
    const cells = (line: string) => line.split('|').map((cell) => cell.replaceAll('`', '').trim());
    const onPage =
      ofRoles
        .split('## Grants')[0]
        ?.split('\n')
        .filter((line) => line.startsWith('| `'))
        .map(cells) ?? [];
    const { out } = await cli(['explain', '--table', '-C', project.path]);
    const [, ...lines] = out.trimEnd().split('\n');
    const printed = lines.filter((line) => !line.startsWith('not in')).map((line) => line.split(/ {2,}/));
    expect(printed.toSorted()).toEqual(onPage.map(([, field, admin, analyst]) => [field, admin, analyst]).toSorted());
    expect(printed).toHaveLength(3);
    expect(lines.filter((line) => line.startsWith('not in'))).toEqual([
      'not in the schema: health, closed()',
      'not in the schema: later, the document lacks GET /api/later (optional)',
    ]);
  });

  it('a file that is not a document is broken input', async () => {
    const folder = await cliProject(`operations: {${rows}},${policy}`);
    await writeFile(join(folder.path, 'openapi', 'noetl.json'), '{"openapi": "3.1.0", "paths": ');
    const { code, err } = await cli(['generate', '-C', folder.path]);
    folder.remove();
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('openapi/noetl.json') });
    expect(err).not.toContain('    at ');
  });
});

describe('diff', () => {
  const diff = (...args: string[]) => cli(['diff', '-C', project.path, ...args]);

  it('--json is for programs; 1 when something open breaks, 0 when nothing does', async () => {
    const document = JSON.parse(await readFile('openapi/noetl.json', 'utf8'));
    delete document.paths['/api/worker/pools'];
    const newer = join(project.path, 'newer.json');
    await writeFile(newer, JSON.stringify(document));
    const broke = await diff('--json', 'openapi/noetl.json', newer);
    expect(broke.code).toBe(1);
    const report = JSON.parse(broke.out);
    expect(report).toMatchObject({ breaks: true });
    expect(Object.keys(report)).toEqual(expect.arrayContaining(['from', 'to', 'breaks', 'upstream']));
    expect(report.upstream).toContainEqual(
      expect.objectContaining({ severity: 'breaking', operation: 'GET /api/worker/pools', fields: ['workerPools'] }),
    );
    const same = await diff('--json', 'openapi/noetl.json', 'openapi/noetl.json');
    expect({ code: same.code, breaks: JSON.parse(same.out).breaks }).toEqual({ code: 0, breaks: false });
  }, 60_000);

  it('a document that is missing, or is not a document, is 2 and named', async () => {
    const missing = await diff('openapi/noetl.json', 'nowhere.json');
    expect({ code: missing.code, err: missing.err }).toEqual({ code: 2, err: expect.stringContaining('nowhere.json') });
    const none = await diff('package.json', 'openapi/noetl.json');
    expect({ code: none.code, err: none.err }).toEqual({ code: 2, err: expect.stringContaining('package.json: ') });
    expect(none.err).not.toContain('    at ');
  });
});

describe('doctor', () => {
  it('a line for each finding, with the next step; 1 when something has to be done', async () => {
    const { code, out } = await cli(['doctor', '-C', project.path]);
    expect(code).toBe(1);
    for (const name of ['GATEWAY_TRUSTED_ISSUERS', 'GATEWAY_AUDIENCES']) {
      expect(out).toMatch(new RegExp(`^PROBLEM +environment +${name}: .* -> set it, and run doctor again$`, 'm'));
    }
    expect(out).toMatch(/^ok +node +Node v/m);
  });

  it('--json is for programs', async () => {
    const { code, out } = await cli(['doctor', '--json', '-C', project.path], {
      GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/',
      GATEWAY_AUDIENCES: 'app',
      GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
      NOETL_BASE_URL: 'http://127.0.0.1:1',
    });
    expect(code).toBe(1);
    const findings = JSON.parse(out) as { check: string; outcome: string; nextStep?: string }[];
    expect(findings.find(({ check }) => check === 'upstream')).toMatchObject({
      outcome: 'problem',
      nextStep: expect.stringContaining('NOETL_BASE_URL'),
    });
    expect(new Set(findings.map(({ check }) => check))).toEqual(
      new Set(['node', 'environment', 'start', 'upstream', 'issuer', 'callback', 'logins', 'store', 'drift']),
    );
  });
});

it('serve without its required variables exits 1 and lists them', async () => {
  const { code, err } = await cliProcess(['serve', '-C', project.path]);
  expect(code).toBe(1);
  expect(problemsIn(err).map((line) => line.slice(4, line.indexOf(':')))).toEqual([
    'GATEWAY_TRUSTED_ISSUERS',
    'GATEWAY_AUDIENCES',
  ]);
});
