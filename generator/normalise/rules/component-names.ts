import type { Schema } from '../../openapi/open-api.ts';
import { withRenamedReferences } from '../../openapi/rename-references.ts';
import { freeName, isTypeName, typeNameOf } from '../../types/type-names.ts';
import type { Rule } from '../rule.ts';

/**
 * Components get names in PascalCase; those that the schema keeps for something else are renamed; no two names meet.
 * References and the mappings of discriminators follow.
 */
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
    const mapped = withRenamedReferences(withNames, renamed);
    return { document: mapped, changes: renamed.size };
  },
};

function rename(names: readonly string[]): ReadonlyMap<string, string> {
  const isFine = (name: string): boolean => isTypeName(name) && typeNameOf(name) === name;
  // A name that needs no change is never given to another component.
  const taken = new Set(names.filter(isFine));
  const renamed = new Map<string, string>();
  // In order, so that the number behind a name does not depend on the order of the document.
  for (const name of names.filter((candidate) => !isFine(candidate)).sort()) {
    const next = freeName(typeNameOf(name), (candidate) => taken.has(candidate));
    taken.add(next);
    renamed.set(name, next);
  }
  return renamed;
}
