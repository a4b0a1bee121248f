import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { defineGateway, type GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { structure } from '../../../../generator/build-schema.ts';
import type { OpenApiDocument } from '../../../../generator/openapi/open-api.ts';
import { emitTypes } from '../../../../generator/pull/pull.ts';
import { buildTable } from '../../../../generator/table/build-table.ts';
import type { NoetlOperations } from '../../../../openapi/noetl.types.ts';
import { authenticated, onPlaybook, role } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { allow } from '../../../../plugins/noetl-auth/access/grant.ts';

/** Checked by the compiler: each mark below is an error of its own when the types let the mistake pass. */
const mistakes = () =>
  defineGateway<NoetlOperations>({
    operations: {
      // @ts-expect-error there is no such operation
      wrongKey: { upstream: 'GET /api/executons', access: authenticated() },
      // @ts-expect-error there is no such argument
      wrongArgument: { upstream: 'GET /api/executions', access: authenticated(), args: { pagesize: 'size' } },
      // @ts-expect-error there is no such field
      wrongField: { upstream: 'GET /api/executions', access: authenticated(), fields: { state: false } },
      // @ts-expect-error there is no such role
      wrongRole: { upstream: 'GET /api/executions', access: role('admn') },
      // @ts-expect-error there is no such permission
      wrongPermission: { upstream: 'POST /api/catalog/resource', access: onPlaybook('exekute', 'path') },
      right: {
        upstream: 'GET /api/worker/pools',
        access: role('admin'),
        args: { runtime: false, status: { name: 'state', description: 'Which.' } },
        fields: { 'items.runtime': false, count: ['count', 'total'] },
      },
    },
    roles: ['admin'],
    // @ts-expect-error there is no such role
    grants: [allow('admn', 'all', '*')],
  });

const document = JSON.parse(readFileSync('openapi/noetl.json', 'utf8')) as OpenApiDocument;

it('names the same mistakes at run time', () => {
  const { problems } = buildTable(structure(document).document, mistakes() as GatewayConfig);
  for (const name of ['wrongKey', 'wrongArgument', 'wrongField', 'wrongRole', 'wrongPermission']) {
    expect(problems.join('\n')).toContain(`operations.${name}`);
  }
});

it('is the types of the document that is checked in', () => {
  expect(emitTypes(document)).toBe(readFileSync('openapi/noetl.types.ts', 'utf8'));
});

it('keeps a name inside its literal, whatever is in it', () => {
  const name = `a\n'; b\\' "c" \\" \u2028 \r*/ \`$\{1}`;
  const properties = { [name]: { type: 'string' } };
  const answer = { description: '', content: { 'application/json': { schema: { type: 'object', properties } } } };
  const types = emitTypes({ ...document, paths: { '/x': { get: { responses: { '200': answer } } } } });
  const field = /fields: ([^\n]*);\n/.exec(types)?.[1] ?? '';
  expect(new Function(`return ${field}`)()).toBe(name);
});
