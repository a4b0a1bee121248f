import { parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { shapeSchema } from '../../../../generator/mesh/shape-schema.ts';
import { authenticated } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import type { Operation } from '../../../../plugins/operation.ts';

const http = '@httpOperation(subgraph: "Noetl", path: "/api/x", httpMethod: GET)';
const made = /* GraphQL */ `
  directive @length(subgraph: String, min: Int, max: Int) on SCALAR
  scalar Mark @length(subgraph: "Noetl", max: 4242)
  type Query {
    "Secret words of the upstream."
    things("More." id: Mark!, page: Int = 1): [Thing] ${http}
  }
  "Words." type Thing {
    "The id.\\n@deprecated Use it." run_id: Mark! foo_bar: Int! fooBar: String content_x2d_type: String kids: [Thing]!
    state: State! states: [State]! anything: [JSON]!
  }
  scalar JSON
  enum State { on off }
  type Unused { a: Int }
`;

const operation = (more: Partial<Operation> = {}): Operation => ({
  field: 'things',
  root: 'query',
  source: { kind: 'upstream', key: 'GET /api/things/{thing_id}', method: 'GET', path: '/api/things/{thing_id}' },
  kind: 'plain',
  catalogPaths: [],
  executionIds: [],
  start: undefined,
  access: authenticated(),
  description: 'All things.',
  args: [
    { wire: 'thing_id', in: 'path', name: 'id', constant: undefined, description: 'Which.' },
    { wire: 'page', in: 'query', name: 'page', constant: undefined, description: undefined },
    { wire: 'deep', in: 'query', name: undefined, constant: 'a&b', description: undefined },
    { wire: 'gone', in: 'query', name: undefined, constant: undefined, description: undefined },
  ],
  fields: { run_id: ['id', 'runId'], 'kids.foo_bar': [] },
  acceptRisk: undefined,
  ...more,
});

const shaped = (...operations: Operation[]): string => print(shapeSchema(parse(made), operations));

describe('shapeSchema', () => {
  it('says in the schema alone how to call', () => {
    const text = shaped(operation());
    expect(text).toContain('path: "/api/things/{args.id}?deep=a%26b"');
    expect(text).toContain('queryParamArgMap: {page: "page"}');
    expect(text).not.toContain('requestBaseBody:  ');
  });

  it('shows the words of the config for fields and arguments of the roots', () => {
    const text = shaped(operation());
    expect(text).toContain('"All things."');
    expect(text).toContain('"Which."');
    expect(text).not.toMatch(/Secret|More/);
  });

  it('shows what the document that Mesh reads says of types and fields, and what it calls deprecated', () => {
    const text = shaped(operation());
    expect(text).toContain('"Words."\ntype Thing {');
    expect(text).toContain(
      '"The id."\n  id: ID! @resolveRootField(subgraph: "Noetl", field: "run_id") @deprecated(reason: "Use it.")',
    );
  });

  it('names fields as in the rows, else in camel case; keeps promises, but of enumerations; hides what is hidden', () => {
    const type = /type Thing \{([^}]*)\}/.exec(shaped(operation({ fields: { run_id: [], 'kids.foo_bar': [] } })))?.[1];
    expect(type?.replaceAll(/\s+/g, ' ')).toBe(
      ' fooBar: String contentType: String @resolveRootField(subgraph: "Noetl", field: "content-type")' +
        ' kids: [Thing!]! state: State states: [State]! anything: [JSON]! ',
    );
  });

  it('a list whose items may be null has nullable items', () => {
    expect(shaped(operation({ nullableItems: ['Thing.kids'] }))).toContain('kids: [Thing]!');
  });

  it('keeps names apart that would meet', () => {
    const text = shaped(operation({ fields: {} }));
    expect(text).toContain('fooBar: Int! @resolveRootField(subgraph: "Noetl", field: "foo_bar")');
    expect(text).toContain('fooBar_: String @resolveRootField(subgraph: "Noetl", field: "fooBar")');
  });

  it('leaves out what nothing leads to', () => {
    expect(shaped(operation())).not.toMatch(/Unused|Mark|@length/);
  });

  it.each([
    [
      'a row without a field',
      () => shaped(operation(), operation({ field: 'more' })),
      'operations.more: Mesh made no field of it',
    ],
    ['a field without a row', () => shaped(), 'things: Mesh made a field without a row'],
    [
      'two rows that disagree',
      () => shaped(operation(), operation({ fields: { run_id: ['id'] } })),
      'operations.things.fields.run_id: conflicts with operations.things, which maps the same type Thing',
    ],
    [
      'two fields of one name',
      () => shaped(operation({ fields: { run_id: ['x'], fooBar: ['x'] } })),
      'Thing: two fields are called x',
    ],
    [
      'a type without fields',
      () =>
        shaped(
          operation({
            fields: {
              run_id: [],
              foo_bar: [],
              fooBar: [],
              'content-type': [],
              kids: [],
              state: [],
              states: [],
              anything: [],
            },
          }),
        ),
      'Thing: nothing is left of it',
    ],
  ])('stops at %s', (_name, act, problem) => {
    expect(act).toThrowError(expect.objectContaining({ code: 'ERR_POLICY_INVALID', problems: [problem] }));
  });
});
