import { type Body, mapOperations, type OperationObject, type Schema } from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';

/**
 * The first 2xx answer is the field's value, as JSON of status 200; errors are the gateway's to word. `x-answer` is
 * the form of an answer that is not JSON: `text`, `binary`, `stream` (of events), `empty`.
 */
export const oneAnswer: Rule = {
  name: 'one-answer',
  habit: 'Operations list validation errors, other statuses and empty answers beside the one a caller wants.',
  apply(document) {
    let changes = 0;
    const mapped = mapOperations(document, ({ operation }) => {
      if (isPlain(operation)) return operation;
      changes += 1;
      const { schema, form } = answerOf(operation);
      const mark = form === undefined ? {} : { [answerMark]: form };
      const content = { 'application/json': { schema } };
      return { ...operation, ...mark, responses: { '200': { description: '', content } } };
    });
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};

/** Where {@link oneAnswer} notes what an answer is that is not JSON. */
export const answerMark = 'x-answer';
export type ForeignAnswer = 'text' | 'binary' | 'stream' | 'empty';

interface Answer {
  readonly schema: Schema;
  readonly form?: ForeignAnswer;
}

/** The answer of status 200, or of the lowest 2xx, or of `default`; anything when the document does not describe it. */
function answerOf(operation: OperationObject): Answer {
  const responses = operation.responses ?? {};
  // `2XX` is a range of OpenAPI, and sorts after the numbers.
  const statuses = Object.keys(responses).filter((status) => /^2(?:\d\d|XX)$/i.test(status));
  const status = statuses.sort()[0] ?? ('default' in responses ? 'default' : undefined);
  const answer = status === undefined ? undefined : responses[status];
  const json = jsonSchemaOf(answer);
  if (json !== undefined) return { schema: json };
  const [type] = Object.keys(answer?.content ?? {});
  // A field shows such an answer as text, in the form that its row sets.
  if (type !== undefined && !isJson(type)) return { schema: { type: 'string' }, form: foreignForm(type) };
  // 204 and 205 have no body (RFC 9110, sections 15.3.5 and 15.3.6): the field is true.
  return status === '204' || status === '205' ? { schema: { type: 'boolean' }, form: 'empty' } : { schema: {} };
}

const textTypes =
  /^(?:text\/.*|application\/(?:xml|yaml|x-yaml|toml|x-ndjson|jsonl|javascript|sql|graphql)|.*\+(?:xml|yaml))$/;

function foreignForm(mediaType: string): ForeignAnswer {
  const type = bareType(mediaType);
  if (type === 'text/event-stream') return 'stream';
  return textTypes.test(type) ? 'text' : 'binary';
}

/** The schema of a body's JSON form; undefined when it has no JSON form. */
export function jsonSchemaOf(body: Body | undefined): Schema | undefined {
  const entry = Object.entries(body?.content ?? {}).find(([type]) => isJson(type));
  return entry?.[1].schema;
}

const bareType = (mediaType: string): string => (mediaType.split(';')[0] ?? '').trim().toLowerCase();

/** Whether a media type is JSON: `application/json`, `…+json` (RFC 6839), or a wildcard, which takes in JSON. */
export const isJson = (mediaType: string): boolean => {
  const type = bareType(mediaType);
  return type === 'application/json' || type === '*/*' || type === 'application/*' || type.endsWith('+json');
};

/** Whether an operation is as this rule leaves it, so that a second run changes nothing. */
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
