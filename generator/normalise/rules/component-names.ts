import { isPublicName } from '../../openapi/identifiers.ts';
import { mapSchemas } from '../../openapi/map-schemas.ts';
import { componentName, componentReference, type Schema } from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';

/** Names that the schema needs for itself: GraphQL's and Mesh's own, and the protocol's types. */
const reserved = new Set([
  ...['Query', 'Mutation', 'Subscription', 'ID', 'String', 'Int', 'Float', 'Boolean', '_schema'],
  ...[
    'Any',
    'JSON',
    'BigInt',
    'Void',
    'File',
    'ObjMap',
    'HTTPMethod',
    'TransportOptions',
    'QueryInput',
    'MutationInput',
  ],
  ...['Execution', 'ExecuteResult'],
  // Mesh looks names up in plain objects, which have these already.
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** Components whose names GraphQL cannot have, or keeps for something else, are renamed; no two names meet. */
export const componentNames: Rule = {
  name: 'component-names',
  habit: 'Generic models are called `Page[Item]`, modules leave dots in names, and a model may be called `Query`.',
  apply(document) {
    const schemas = document.components?.schemas ?? {};
    const renamed = rename(Object.keys(schemas));
    if (renamed.size === 0) return { document, changes: 0 };
    const components: Record<string, Schema> = {};
    for (const [name, schema] of Object.entries(schemas)) components[renamed.get(name) ?? name] = schema;
    const withNames = { ...document, components: { ...document.components, schemas: components } };
    const mapped = mapSchemas(withNames, (schema) => {
      const name = schema.$ref === undefined ? undefined : componentName(schema.$ref);
      const next = name === undefined ? undefined : renamed.get(name);
      return next === undefined ? schema : { ...schema, $ref: componentReference(next) };
    });
    return { document: mapped, changes: renamed.size };
  },
};

function rename(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(names.filter(isUsable));
  const renamed = new Map<string, string>();
  for (const name of names.filter((candidate) => !isUsable(candidate)).sort()) {
    const base = safeName(name);
    let next = base;
    for (let suffix = 2; taken.has(next); suffix += 1) next = `${base}_${suffix}`;
    taken.add(next);
    renamed.set(name, next);
  }
  return renamed;
}

const isUsable = (name: string): boolean => isPublicName(name) && !reserved.has(name);

function safeName(name: string): string {
  const words = name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^_+|_+$/g, '');
  if (words === '') return 'Model';
  return reserved.has(words) || /^[0-9]/.test(words) ? `Noetl${words}` : words;
}
