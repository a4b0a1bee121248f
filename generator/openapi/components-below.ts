import { mapSchema } from './map-schemas.ts';
import { componentName, type OpenApiDocument, type Schema } from './open-api.ts';

/**
 * The names of all components that schemas lead to, directly and through other components. Each is walked once, so
 * types that lead to themselves end.
 */
export function componentsBelow(document: OpenApiDocument, schemas: readonly Schema[]): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...schemas];
  for (let schema = queue.pop(); schema !== undefined; schema = queue.pop()) {
    // Nothing is changed: it is the walk over a schema that is wanted.
    mapSchema(schema, { name: undefined, kind: 'branch' }, (inner) => {
      const name = inner.$ref === undefined ? undefined : componentName(inner.$ref);
      const target = name === undefined ? undefined : document.components?.schemas?.[name];
      if (name !== undefined && target !== undefined && !found.has(name)) {
        found.add(name);
        queue.push(target);
      }
      return inner;
    });
  }
  return found;
}
