import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { EmitInput } from '../../../../../generator/emit/emitter.ts';
import { emitRoutes } from '../../../../../generator/emit/routes/emit-routes.ts';

const root = new URL('../../../../../', import.meta.url);
const contract = await readFile(new URL('openapi/gateway.yaml', root), 'utf8');

async function emit(text: string | undefined): Promise<string | undefined> {
  const read = (path: string) => (path === 'openapi/gateway.yaml' ? text : undefined);
  const [file] = await emitRoutes({ read } as EmitInput);
  return file?.content;
}

/** A contract with one route whose only body member is the given one. */
const withMember = (member: string) => `
paths:
  /a:
    post:
      operationId: a
      summary: A
      x-max-body-bytes: 10
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/A' } } } }
      responses: { '200': { content: { application/json: { schema: { $ref: '#/components/schemas/A' } } } } }
components: { schemas: { A: { type: object, required: [m], properties: { m: ${member} } } } }
`;

describe('emitRoutes', () => {
  test('the routes in the tree are those of the contract', async () => {
    const inTree = await readFile(new URL('gateway/rest/generated/routes.gen.ts', root), 'utf8');
    expect(await emit(contract)).toBe(inTree);
  });

  test('a project without a contract of its own gets no routes', async () => {
    expect(await emit(undefined)).toBeUndefined();
  });

  test.each([
    {
      name: 'a keyword that no check answers',
      member: '{ type: string, pattern: "^a" }',
      code: 'ERR_SPEC_UNSUPPORTED',
    },
    { name: 'a member of several types', member: '{ type: [string, integer] }', code: 'ERR_SPEC_UNSUPPORTED' },
    { name: 'a member that is an object', member: '{ type: object }', code: 'ERR_SPEC_UNSUPPORTED' },
  ])('$name stops the generator', async ({ member, code }) => {
    await expect(emit(withMember(member))).rejects.toMatchObject({ code });
  });

  test('a contract that is not YAML is said to be so', async () => {
    await expect(emit('a: [')).rejects.toMatchObject({ code: 'ERR_SPEC_INVALID' });
  });

  test('every problem of a contract is named with its place', async () => {
    const wrong = `
paths:
  /a/{id}: { get: { operationId: A-b, responses: { '200': { content: { text/plain: {} } } } } }
  /b: { post: { operationId: b, requestBody: {}, responses: {} } }
  /c: { get: { operationId: b, responses: { '200': { content: { text/plain: {} } } } } }`;
    await expect(emit(wrong)).rejects.toMatchObject({
      code: 'ERR_SPEC_INVALID',
      problems: [
        'GET /a/{id}: operationId in camelCase',
        'GET /a/{id}: paths of this contract have no parameters',
        'POST /b: requestBody refers to a schema under components',
        'POST /b: x-max-body-bytes is a number above 0',
        'POST /b: the 200 answer refers to a schema under components, or is text',
        'operationId b is used twice',
      ],
    });
  });
});
