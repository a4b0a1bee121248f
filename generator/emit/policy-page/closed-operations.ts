import type { Operation } from '../../../core/operation.ts';

const methods = ['get', 'put', 'post', 'delete', 'patch', 'options', 'head', 'trace'];

/** Keys (`METHOD /path`) of the document's operations that no row opens, sorted by path. */
export function closedOperations(
  document: Readonly<Record<string, unknown>>,
  operations: readonly Operation[],
): readonly string[] {
  const open = new Set(operations.flatMap(({ source }) => (source.kind === 'upstream' ? [shapeOf(source.key)] : [])));
  return operationKeys(document).filter((key) => !open.has(shapeOf(key)));
}

/** Keys of every operation of a document, sorted by path and then by method. */
export function operationKeys(document: Readonly<Record<string, unknown>>): readonly string[] {
  const paths = Object.entries((document['paths'] ?? {}) as Readonly<Record<string, unknown>>);
  return paths
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, item]) =>
      methods
        .filter((method) => typeof item === 'object' && item !== null && method in item)
        .sort()
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
}

/** A key without the names of its parameters: releases rename them. */
export const shapeOf = (key: string): string => key.replaceAll(/\{[^{}]*\}/g, '{}');
