import type { OpenApiDocument } from '../../generator/openapi/open-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: a mutation reaches anywhere into a document.
type Node = any;

/** The parts of a document with one operation, which a mutation changes in place. */
export interface Target {
  readonly document: Node;
  readonly path: string;
  readonly item: Node;
  readonly method: string;
  readonly operation: Node;
}

/** A kind of change. `apply` answers false where the operation has nothing of that kind. */
export interface Mutation {
  readonly name: string;
  readonly apply: (target: Target) => boolean;
}

const change = (name: string, apply: (target: Target) => unknown): Mutation => ({
  name,
  apply: (target) => apply(target) !== false,
});

const deref = ({ document }: Target, node: Node): Node => {
  let found = node;
  while (found?.$ref !== undefined) {
    found = found.$ref
      .slice(2)
      .split('/')
      .reduce((inside: Node, key: string) => inside?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  }
  return found;
};

const parameters = ({ operation }: Target): Node[] => {
  operation.parameters ??= [];
  return operation.parameters;
};

/** Sets a member; true, so that the mutation counts as applied. */
function set(node: Node, key: string, value: unknown): true {
  node[key] = value;
  return true;
}
const json = (content: Node): Node => content?.['application/json'];
const bodySchema = (target: Target): Node => deref(target, json(target.operation.requestBody?.content)?.schema);
const answerSchema = (target: Target): Node => {
  const schema = deref(target, json(target.operation.responses?.['200']?.content)?.schema);
  return schema?.items === undefined ? schema : deref(target, schema.items);
};

const plainTypes = ['string', 'integer', 'number', 'boolean'];
const scalar = (schema: Node): Node =>
  plainTypes.includes(schema?.type)
    ? schema
    : (schema?.anyOf ?? []).find((branch: Node) => plainTypes.includes(branch.type));

/** The first scalar that an operation takes as a parameter, as a member of its body, or answers. */
const places = {
  parameter: (target: Target) =>
    parameters(target).find((one) => one.in === 'query' && scalar(one.schema) !== undefined)?.schema,
  body: (target: Target) =>
    Object.values<Node>(bodySchema(target)?.properties ?? {}).find((one) => scalar(one) !== undefined),
  answer: (target: Target) =>
    Object.values<Node>(answerSchema(target)?.properties ?? {}).find((one) => scalar(one) !== undefined),
} as const;

/** The same change of a scalar, in each of the places. */
const scalarChange = (name: string, apply: (schema: Node, inner: Node) => unknown): Mutation[] =>
  Object.entries(places).map(([place, find]) =>
    change(`${place}: ${name}`, (target) => {
      const schema = find(target);
      return schema === undefined ? false : apply(schema, scalar(schema));
    }),
  );

const withParameter = (name: string, parameter: Node): Mutation =>
  change(name, (target) => void parameters(target).push(parameter));

const text = { type: 'string' };

/** Changes that a caller can notice: each has to be reported. */
export const meaningful: readonly Mutation[] = [
  change('operation: gone', ({ item, method }) => delete item[method]),
  change('operation: deprecated', ({ operation }) => set(operation, 'deprecated', true)),
  change('operation: asks for credentials', ({ document, operation }) => {
    document.components.securitySchemes = { bearer: { type: 'http', scheme: 'bearer' } };
    operation.security = [{ bearer: [] }];
  }),
  change('document: asks for credentials', ({ document }) => {
    document.components.securitySchemes = { bearer: { type: 'http', scheme: 'bearer' } };
    document.security = [{ bearer: [] }];
  }),
  change('document: another base path', ({ document }) =>
    set(document, 'servers', [{ url: 'https://example.com/v2' }]),
  ),
  change('operation: another base path', ({ operation }) => set(operation, 'servers', [{ url: '/v2' }])),
  change('operation: another path', ({ document, path, item }) => {
    delete document.paths[path];
    document.paths[`/moved${path}`] = item;
  }),

  withParameter('parameter: new in the query', { name: 'added', in: 'query', schema: text }),
  withParameter('parameter: new and required', { name: 'added', in: 'query', required: true, schema: text }),
  withParameter('header: new', { name: 'X-Added', in: 'header', schema: text }),
  withParameter('header: new and required', { name: 'X-Added', in: 'header', required: true, schema: text }),
  withParameter('cookie: new and required', { name: 'added', in: 'cookie', required: true, schema: text }),
  change('parameters of the path: new header', ({ item }) => {
    item.parameters = [{ name: 'X-Shared', in: 'header', required: true, schema: text }];
  }),
  change(
    'parameter: gone',
    (target) =>
      parameters(target).some((one) => one.in === 'query') &&
      set(
        target.operation,
        'parameters',
        parameters(target).filter((one) => one.in !== 'query'),
      ),
  ),
  change('parameter: required', (target) => {
    const found = parameters(target).find((one) => one.in === 'query' && one.required !== true);
    if (found === undefined) return false;
    found.required = true;
    return true;
  }),
  change('parameter: another place', (target) => {
    const found = parameters(target).find((one) => one.in === 'query');
    if (found === undefined) return false;
    found.in = 'header';
    return true;
  }),
  change('any parameter: deprecated', (target) => {
    const [first] = parameters(target);
    if (first === undefined) return false;
    first.deprecated = true;
    return true;
  }),
  change('parameter: another form', (target) => {
    const found = parameters(target).find((one) => one.in === 'query');
    if (found === undefined) return false;
    found.explode = false;
    return true;
  }),
  change('parameter: reserved characters', (target) => {
    const found = parameters(target).find((one) => one.in === 'query');
    if (found === undefined) return false;
    found.allowReserved = true;
    return true;
  }),
  change('parameter: written as JSON', (target) => {
    const found = parameters(target).find((one) => one.in === 'query');
    if (found === undefined) return false;
    found.content = { 'application/json': { schema: found.schema } };
    delete found.schema;
    return true;
  }),

  ...scalarChange('another type', (schema) => {
    for (const key of Object.keys(schema)) delete schema[key];
    schema.type = 'array';
    schema.items = text;
  }),
  ...scalarChange('one more type', (schema) => {
    const before = { ...schema };
    for (const key of Object.keys(schema)) delete schema[key];
    schema.anyOf = [before, { type: 'object', properties: { added: text } }];
  }),
  ...scalarChange('may be null, or no longer', (schema, inner) => {
    const wasNullable = schema !== inner && schema.anyOf.some((branch: Node) => branch.type === 'null');
    if (wasNullable) schema.anyOf = schema.anyOf.filter((branch: Node) => branch.type !== 'null');
    else schema.anyOf = [{ ...schema }, { type: 'null' }];
    if (!wasNullable) delete schema.type;
  }),
  ...scalarChange('another default', (schema) => set(schema, 'default', 'another')),
  ...scalarChange('only some values', (_schema, inner) => set(inner, 'enum', ['one', 'two'])),
  ...scalarChange('a constant', (_schema, inner) => set(inner, 'const', 'one')),
  ...scalarChange('another format', (_schema, inner) => set(inner, 'format', 'uuid')),
  ...scalarChange('a lower bound', (_schema, inner) => set(inner, 'minimum', 7)),
  ...scalarChange('an upper bound', (_schema, inner) => set(inner, 'maximum', 9)),
  ...scalarChange('an excluded bound', (_schema, inner) => set(inner, 'exclusiveMaximum', 9)),
  ...scalarChange('a length', (_schema, inner) => set(inner, 'maxLength', 3)),
  ...scalarChange('a least length', (_schema, inner) => set(inner, 'minLength', 3)),
  ...scalarChange('a pattern', (_schema, inner) => set(inner, 'pattern', '^a')),
  ...scalarChange('a step', (_schema, inner) => set(inner, 'multipleOf', 3)),
  ...scalarChange('deprecated', (schema) => set(schema, 'deprecated', true)),
  ...scalarChange('read only', (schema) => set(schema, 'readOnly', true)),
  ...scalarChange('write only', (schema) => set(schema, 'writeOnly', true)),
  ...scalarChange('another encoding', (_schema, inner) => set(inner, 'contentEncoding', 'base64')),

  change(
    'body: new',
    ({ operation }) =>
      operation.requestBody === undefined &&
      set(operation, 'requestBody', { content: { 'application/json': { schema: { type: 'object' } } } }),
  ),
  change('body: gone', ({ operation }) => operation.requestBody !== undefined && delete operation.requestBody),
  change('body: required, or no longer', ({ operation }) => {
    if (operation.requestBody === undefined) return false;
    operation.requestBody.required = operation.requestBody.required !== true;
    return true;
  }),
  change('body: another media type', ({ operation }) => {
    const content = operation.requestBody?.content;
    if (json(content) === undefined) return false;
    operation.requestBody.content = { 'multipart/form-data': json(content) };
    return true;
  }),
  change('body: one more media type', ({ operation }) => {
    if (operation.requestBody === undefined) return false;
    operation.requestBody.content['text/plain'] = { schema: text };
    return true;
  }),
  ...(['body', 'answer'] as const).flatMap((place) => {
    const schemaOf = place === 'body' ? bodySchema : answerSchema;
    const members = (target: Target): Node => schemaOf(target)?.properties;
    const onMembers = (name: string, apply: (schema: Node, first: string) => unknown): Mutation =>
      change(`${place}: ${name}`, (target) => {
        const [first] = Object.keys(members(target) ?? {});
        return first === undefined ? false : apply(schemaOf(target), first);
      });
    return [
      onMembers('a new member', (schema) => set(schema.properties, 'added', text)),
      onMembers('a new required member', (schema) => {
        schema.properties.added = text;
        schema.required = [...(schema.required ?? []), 'added'];
      }),
      onMembers('a member is gone', (schema, first) => {
        delete schema.properties[first];
        schema.required = (schema.required ?? []).filter((name: string) => name !== first);
      }),
      onMembers('a member is required, or no longer', (schema, first) => {
        const required: string[] = schema.required ?? [];
        schema.required = required.includes(first) ? required.filter((name) => name !== first) : [...required, first];
      }),
      onMembers('no other members', (schema) => set(schema, 'additionalProperties', false)),
      onMembers('other members of a type', (schema) => set(schema, 'additionalProperties', { type: 'integer' })),
      onMembers('at least so many members', (schema) => set(schema, 'minProperties', 2)),
      onMembers('a condition', (schema) => set(schema, 'dependentRequired', { a: ['b'] })),
      onMembers('a condition on members', (schema, first) => set(schema, 'anyOf', [{ required: [first] }])),
    ];
  }),

  change('answer: another status', ({ operation }) => {
    if (operation.responses?.['200'] === undefined) return false;
    operation.responses['202'] = operation.responses['200'];
    delete operation.responses['200'];
    return true;
  }),
  change('answer: one more status', ({ operation }) =>
    set(operation, 'responses', { ...operation.responses, '204': { description: '' } }),
  ),
  change('answer: an error more', ({ operation }) =>
    set(operation, 'responses', { ...operation.responses, '409': { description: '' } }),
  ),
  change(
    'answer: an error less',
    ({ operation }) => operation.responses?.['422'] !== undefined && delete operation.responses['422'],
  ),
  change('answer: another error', ({ operation }) => {
    if (operation.responses?.['422'] === undefined) return false;
    operation.responses['422'] = { description: '', content: { 'application/problem+json': { schema: text } } };
    return true;
  }),
  change('answer: another media type', ({ operation }) => {
    const answer = operation.responses?.['200'];
    if (json(answer?.content) === undefined) return false;
    answer.content = { 'text/csv': { schema: text } };
    return true;
  }),
  change('answer: one more media type', ({ operation }) => {
    const answer = operation.responses?.['200'];
    if (answer?.content === undefined) return false;
    answer.content['text/csv'] = { schema: text };
    return true;
  }),
  change(
    'answer: nothing',
    ({ operation }) => operation.responses?.['200']?.content !== undefined && delete operation.responses['200'].content,
  ),
  change('answer: a header', ({ operation }) => {
    if (operation.responses?.['200'] === undefined) return false;
    operation.responses['200'].headers = { 'X-Added': { schema: text } };
    return true;
  }),
  change('answer: in a page', ({ operation }) => {
    const media = json(operation.responses?.['200']?.content);
    if (media === undefined) return false;
    media.schema = { type: 'object', properties: { items: media.schema, next: text } };
    return true;
  }),
  change('answer: a list', ({ operation }) => {
    const media = json(operation.responses?.['200']?.content);
    if (media === undefined) return false;
    media.schema = { type: 'array', items: media.schema ?? {} };
    return true;
  }),
  change('answer: one of two', ({ operation }) => {
    const media = json(operation.responses?.['200']?.content);
    if (media?.schema?.$ref === undefined) return false;
    media.schema = { oneOf: [media.schema, { type: 'object', properties: { added: text } }] };
    return true;
  }),
];

/** Changes that no caller can notice, with the reason. */
export const meaningless: readonly (Mutation & { readonly why: string })[] = [
  { why: 'written for people', ...change('description', ({ operation }) => set(operation, 'description', 'another')) },
  { why: 'written for people', ...change('summary', ({ operation }) => set(operation, 'summary', 'another')) },
  { why: 'groups operations in a page', ...change('tags', ({ operation }) => set(operation, 'tags', ['another'])) },
  {
    why: 'names a method of a generated client; rows name METHOD and path',
    ...change('operationId', ({ operation }) => set(operation, 'operationId', 'another')),
  },
  {
    why: 'written for people',
    ...change('externalDocs', ({ operation }) => set(operation, 'externalDocs', { url: 'https://example.com' })),
  },
  { why: 'unknown to OpenAPI', ...change('an extension', ({ operation }) => set(operation, 'x-added', true)) },
  {
    why: 'the gateway receives no calls of NoETL by it',
    ...change('callbacks', ({ operation }) => set(operation, 'callbacks', {})),
  },
  {
    why: 'a release has a number',
    ...change('version of the document', ({ document }) => set(document.info, 'version', '9')),
  },
  {
    why: 'nothing refers to it',
    ...change('a component more', ({ document }) => set(document.components.schemas, 'Unused', text)),
  },
  {
    why: 'JSON objects have no order',
    ...change('order of keys', ({ item, method, operation }) =>
      set(item, method, Object.fromEntries(Object.entries(operation).toReversed())),
    ),
  },
  {
    why: 'required of callers by HTTP itself',
    ...change(
      'media types as parameters',
      (target) => void parameters(target).push({ name: 'Accept', in: 'header', schema: text }),
    ),
  },
  ...scalarChange('documentation', (schema) => {
    schema.title = 'Another';
    schema.description = 'another';
    schema.examples = ['another'];
  }).map((mutation) => ({ ...mutation, why: 'written for people' })),
];

/** Applies a mutation to a copy of a document of one operation. @returns undefined where it does not apply */
export function mutated(document: OpenApiDocument, mutation: Mutation): OpenApiDocument | undefined {
  const copy: Node = structuredClone(document);
  const [path = ''] = Object.keys(copy.paths);
  const item = copy.paths[path];
  const method = Object.keys(item).find((key) => ['get', 'post', 'put', 'patch', 'delete'].includes(key)) ?? '';
  return mutation.apply({ document: copy, path, item, method, operation: item[method] }) ? copy : undefined;
}
