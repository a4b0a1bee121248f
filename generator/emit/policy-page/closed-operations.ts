import type { Operation } from '../../../core/operation.ts';
import { operationTemplate } from '../../diff/operation-template.ts';
import { listOperations, type OpenApiDocument } from '../../openapi/open-api.ts';

/** Keys (`METHOD /path`) of the document's operations that no row opens, by path and then by method. */
export function closedOperations(document: OpenApiDocument, operations: readonly Operation[]): readonly string[] {
  const open = new Set(
    operations.flatMap(({ source }) => (source.kind === 'upstream' ? [operationTemplate(source.key)] : [])),
  );
  return listOperations(document)
    .toSorted((a, b) => (a.path === b.path ? (a.method < b.method ? -1 : 1) : a.path < b.path ? -1 : 1))
    .flatMap(({ key }) => (open.has(operationTemplate(key)) ? [] : [key]));
}
