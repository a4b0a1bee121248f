import { mapOperations, type OperationObject } from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';
import { jsonSchemaOf } from './one-answer.ts';

/**
 * A body with a JSON form keeps that form only; one without it is unchanged, and cannot be opened. The
 * gateway sends JSON only.
 */
export const jsonBody: Rule = {
  name: 'json-body',
  habit: 'A body may be offered in several media types, or as JSON under another name.',
  apply(document) {
    let changes = 0;
    const mapped = mapOperations(document, ({ operation }) => {
      const plain = toJson(operation);
      if (plain !== operation) changes += 1;
      return plain;
    });
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};

function toJson(operation: OperationObject): OperationObject {
  const body = operation.requestBody;
  if (body === undefined) return operation;
  const types = Object.keys(body.content ?? {});
  // A body without a media type exists, but its content is unknown.
  if (types.length === 0) {
    const { requestBody: _, ...rest } = operation;
    return rest;
  }
  const schema = jsonSchemaOf(body);
  if (types.join() === 'application/json' && schema !== undefined) return operation;
  const hasJson = schema !== undefined || types.includes('application/json');
  return hasJson
    ? { ...operation, requestBody: { ...body, content: { 'application/json': { schema: schema ?? {} } } } }
    : operation;
}
