import { isRecord, type OpenApiDocument, type Schema, unescapePointer } from '../openapi/open-api.ts';

const componentRef = /^#\/components\/schemas\/([^/]+)/;

/** The component schemas that a part of a document refers to, directly or through others; by name, in order. */
export function reachableSchemas(document: OpenApiDocument, part: unknown): Record<string, Schema> {
  const schemas = document.components?.schemas ?? {};
  const found = new Map<string, Schema>();
  const queue = namesIn(part);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const target = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (target === undefined || found.has(name)) continue;
    found.set(name, target);
    queue.push(...namesIn(target));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Names of components that a part refers to itself. */
function namesIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const ref = isRecord(part) ? part['$ref'] : undefined;
  const [, escaped] = (typeof ref === 'string' ? componentRef.exec(ref) : undefined) ?? [];
  return [...(escaped === undefined ? [] : [unescapePointer(escaped)]), ...Object.values(part).flatMap(namesIn)];
}
