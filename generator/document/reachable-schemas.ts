import { type OpenApiDocument, type Schema, unescapePointer } from '../openapi/open-api.ts';

const componentRef = /^#\/components\/schemas\/([^/]+)/;

/**
 * The component schemas that a part of a document refers to, directly or through others; by name, in order. A reference
 * that leads nowhere is passed over. Each schema is walked once, so types that lead to themselves end.
 */
export function reachableSchemas(document: OpenApiDocument, part: unknown): Record<string, Schema> {
  const schemas = document.components?.schemas ?? {};
  const found = new Map<string, Schema>();
  const queue = [part];
  while (queue.length > 0) {
    for (const name of namesIn(queue.pop())) {
      const target = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
      if (target === undefined || found.has(name)) continue;
      found.set(name, target);
      queue.push(target);
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Names of components that a part refers to itself. */
function namesIn(part: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const queue = [part];
  while (queue.length > 0) {
    const node = queue.pop();
    if (typeof node !== 'object' || node === null) continue;
    const name = referredBy(node);
    if (name !== undefined) names.add(name);
    for (const member of Object.values(node)) if (typeof member === 'object') queue.push(member);
  }
  return names;
}

function referredBy(node: object): string | undefined {
  const ref = '$ref' in node && typeof node.$ref === 'string' ? node.$ref : '';
  const escaped = componentRef.exec(ref)?.[1];
  return escaped === undefined ? undefined : unescapePointer(escaped);
}
