import { type Body, mapOperations, type OperationObject, type Schema } from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';

/** The first 2xx answer in JSON is the field's value, as status 200; errors are the gateway's to word. */
export const oneAnswer: Rule = {
  name: 'one-answer',
  habit: 'Operations list validation errors, other statuses and empty answers beside the one a caller wants.',
  apply(document) {
    let changes = 0;
    const mapped = mapOperations(document, ({ operation }) => {
      if (isPlain(operation)) return operation;
      changes += 1;
      const content = { 'application/json': { schema: answerSchema(operation) } };
      return { ...operation, responses: { '200': { description: '', content } } };
    });
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};

/** The schema of the answer of status 200, or of the lowest 2xx, or of `default`; anything when it has none. */
function answerSchema(operation: OperationObject): Schema {
  const responses = operation.responses ?? {};
  const statuses = Object.keys(responses).filter((status) => /^2(?:\d\d|XX)$/i.test(status));
  const status = statuses.sort()[0] ?? ('default' in responses ? 'default' : undefined);
  const answer = status === undefined ? undefined : responses[status];
  return jsonSchemaOf(answer) ?? {};
}

/** The schema of a body's JSON form; undefined when it has none. */
export function jsonSchemaOf(body: Body | undefined): Schema | undefined {
  const entry = Object.entries(body?.content ?? {}).find(([type]) => isJson(type));
  return entry?.[1].schema;
}

const isJson = (mediaType: string): boolean => {
  const type = (mediaType.split(';')[0] ?? '').trim().toLowerCase();
  return type === 'application/json' || type === '*/*' || type === 'application/*' || type.endsWith('+json');
};

function isPlain(operation: OperationObject): boolean {
  const responses = operation.responses ?? {};
  const answer = responses['200'];
  return (
    Object.keys(responses).length === 1 &&
    Object.keys(answer?.content ?? {}).join() === 'application/json' &&
    answer?.['description'] === '' &&
    Object.keys(answer).length === 2 &&
    answer.content?.['application/json']?.schema !== undefined
  );
}
