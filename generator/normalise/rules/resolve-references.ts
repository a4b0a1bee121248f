import {
  type DocumentOperation,
  isRecord,
  listOperations,
  lookUp,
  type OpenApiDocument,
  type OperationObject,
  type Parameter,
} from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';

/**
 * Shared path items, parameters, bodies and answers are written where they are used; only schemas stay references,
 * since they may lead to themselves.
 */
export const resolveReferences: Rule = {
  name: 'resolve-references',
  habit: 'Parameters, bodies and answers are shared between operations by reference or by their path.',
  apply(document) {
    const counter = { changes: 0 };
    const paths: Record<string, Record<string, unknown>> = {};
    for (const [path, item] of Object.entries(document.paths)) {
      // What is beside the reference wins over what it leads to (OpenAPI 3.1, §4.8.9, leaves this open).
      const { $ref: _, ...resolved } = { ...resolve(document, item, counter), ...withoutRef(item) };
      paths[path] = resolved;
    }
    const flat: OpenApiDocument = { ...document, paths };
    for (const entry of listOperations(flat)) {
      const item = paths[entry.path];
      if (item !== undefined) item[entry.method.toLowerCase()] = resolveOperation(document, entry, counter);
    }
    // Those of the path item are in each operation now.
    for (const item of Object.values(paths)) delete item['parameters'];
    return counter.changes === 0 ? { document, changes: 0 } : { document: flat, changes: counter.changes };
  },
};

function resolveOperation(
  document: OpenApiDocument,
  { operation, item }: DocumentOperation,
  counter: { changes: number },
): OperationObject {
  const shared = list(item['parameters']).map((parameter) => resolve(document, parameter, counter));
  counter.changes += shared.length;
  const own = list(operation.parameters).map((parameter) => resolve(document, parameter, counter));
  const byPlace = new Map<string, Parameter>();
  // A parameter is its name and its place; the operation's own wins (OpenAPI 3.1, §4.8.10).
  for (const parameter of [...shared, ...own]) {
    if (isParameter(parameter)) byPlace.set(`${parameter.in} ${parameter.name}`, parameter);
  }
  const parts: Record<string, unknown> = {};
  if (byPlace.size > 0) parts['parameters'] = [...byPlace.values()];
  if (operation.requestBody !== undefined) parts['requestBody'] = resolve(document, operation.requestBody, counter);
  if (isRecord(operation.responses)) {
    parts['responses'] = Object.fromEntries(
      Object.entries(operation.responses).map(([status, answer]) => [status, resolve(document, answer, counter)]),
    );
  }
  return { ...operation, ...parts };
}

/** No chain that a schema wrote is longer; a circle ends here. */
const maxHops = 1_000;

function resolve(document: OpenApiDocument, node: unknown, counter: { changes: number }): Record<string, unknown> {
  let found = node;
  for (let hops = 0; isRecord(found) && typeof found['$ref'] === 'string' && hops < maxHops; hops += 1) {
    found = lookUp(document, found['$ref']);
    counter.changes += 1;
  }
  return isRecord(found) && typeof found['$ref'] !== 'string' ? found : {};
}

const withoutRef = (node: unknown): Record<string, unknown> =>
  isRecord(node) ? Object.fromEntries(Object.entries(node).filter(([key]) => key !== '$ref')) : {};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isParameter = (value: Record<string, unknown>): value is Record<string, unknown> & Parameter =>
  typeof value['name'] === 'string' && typeof value['in'] === 'string';
