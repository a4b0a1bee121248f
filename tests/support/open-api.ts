import type { Rule } from '../../generator/normalise/normalise.ts';
import type { OpenApiDocument, OperationObject, Schema } from '../../generator/openapi/open-api.ts';

/** A document with one operation that answers with the given schema, and the given components. */
export function documentOf(answer: Schema, schemas: Record<string, Schema> = {}): OpenApiDocument {
  return withOperation({ responses: answers(answer) }, schemas);
}

/** A document with `GET /api/things/{thing_id}`. */
export function withOperation(operation: OperationObject, schemas: Record<string, Schema> = {}): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: { title: 'NoETL', version: '1' },
    paths: { '/api/things/{thing_id}': { get: operation } },
    components: { schemas },
  };
}

export const answers = (schema: Schema): OperationObject['responses'] & object => ({
  '200': { description: '', content: { 'application/json': { schema } } },
});

/** What a rule makes of an answer's schema, and how often it found its habit. */
export function applyTo(
  rule: Rule,
  given: Schema,
  schemas: Record<string, Schema> = {},
): { schema: unknown; changes: number } {
  const { document, changes } = rule.apply(documentOf(given, schemas));
  return { schema: answerOf(document), changes };
}

export function answerOf(document: OpenApiDocument): unknown {
  const operation = operationOf(document);
  return operation.responses?.['200']?.content?.['application/json']?.schema;
}

export const operationOf = (document: OpenApiDocument): OperationObject =>
  (document.paths['/api/things/{thing_id}']?.['get'] ?? {}) as OperationObject;
