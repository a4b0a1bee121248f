import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import type { Entries, Leaf, Node } from '../../../gateway/config/schema/fields.ts';
import { gatewayRow, upstreamRow } from '../../../gateway/config/schema/rows.ts';
import { sections } from '../../../gateway/config/schema/sections.ts';
import type { Emitter } from '../emitter.ts';
import { headerText } from '../header.ts';

const target = 'docs/generated/config.schema.json';

/** JSON Schema of the config, for editors and programs that hold one as data. What is code has a description only. */
export const emitConfigSchema: Emitter = () => {
  const texts = { type: 'array', items: { type: 'string' } };
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: headerText,
    title: 'gateway.config.ts',
    type: 'object',
    additionalProperties: false,
    required: ['operations', 'roles', 'grants'],
    properties: {
      operations: {
        type: 'object',
        additionalProperties: { oneOf: [schemaOf(upstreamRow, false), schemaOf(gatewayRow, false)] },
      },
      roles: texts,
      grants: { type: 'array', items: { type: 'object' }, description: 'made by allow() and deny()' },
      plugins: { type: 'array', description: 'Envelop plugins' },
      ...propertiesOf(sections.entries, true),
    },
    $defs: {
      variable: {
        description: 'made by env(): a variable that is read at start',
        type: 'object',
        required: ['env'],
        properties: { env: { type: 'string' }, fallback: {}, secret: { type: 'boolean' } },
      },
    },
  };
  return [{ path: target, content: `${JSON.stringify(schema, null, 2)}\n` }];
};

type Schema = Readonly<Record<string, unknown>>;

/** @param hasEnv whether `env()` is accepted there */
function schemaOf(node: Node, hasEnv: boolean): Schema {
  switch (node.node) {
    case 'leaf':
      return leafSchema(node, hasEnv);
    case 'section':
      return objectSchema(node.entries, hasEnv && !node.isPlain);
    case 'variant':
      return {
        description: node.doc,
        ...(node.default === undefined ? {} : { default: node.default }),
        // Each kind has members of its own, and `kind` decides.
        oneOf: Object.entries(node.options).map(([kind, entries]) => {
          const schema = objectSchema(entries, hasEnv);
          return { ...schema, required: ['kind'], properties: { kind: { const: kind }, ...schema.properties } };
        }),
      };
    case 'named':
      return { type: 'object', additionalProperties: schemaOf(node.each, hasEnv) };
    case 'many':
      return { type: 'array', items: schemaOf(node.each, hasEnv) };
    case 'either':
      return { anyOf: [schemaOf(node.value, hasEnv), schemaOf(node.object, hasEnv)] };
  }
}

function objectSchema(entries: Entries, hasEnv: boolean) {
  const required = Object.entries(entries).flatMap(([name, node]) => (isRequired(node) ? [name] : []));
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties: propertiesOf(entries, hasEnv),
  };
}

const propertiesOf = (entries: Entries, hasEnv: boolean): Record<string, Schema> =>
  Object.fromEntries(Object.entries(entries).map(([name, node]) => [name, schemaOf(node, hasEnv)]));

/** Whether a declaration must hold it: the environment cannot. */
const isRequired = (node: Node): boolean =>
  node.node === 'leaf' && node.default === undefined && !node.optional && node.env.length === 0;

function leafSchema(leaf: Leaf, hasEnv: boolean): Schema {
  const notes = {
    description: leaf.doc,
    ...(leaf.default === undefined ? {} : { default: leaf.default }),
  };
  const literal = literalSchema(leaf);
  if (!hasEnv || leaf.reads === 'value') return { ...literal, ...notes };
  const variable = { $ref: '#/$defs/variable' };
  // A list is one text with commas, or a list of texts and variables.
  const items = leaf.reads === 'list' ? [{ type: 'array', items: { anyOf: [{ type: 'string' }, variable] } }] : [];
  return { ...notes, anyOf: [literal, ...items, variable] };
}

function literalSchema({ reads, check }: Leaf): JsonSchema {
  if (reads === 'list') return { type: 'string' };
  // The dialect is that of the whole; checks that JSON Schema cannot express are left out.
  const { $schema: _dialect, ...schema } = toJsonSchema(check, { errorMode: 'ignore', typeMode: 'input' });
  return schema;
}
