import { mapOperations, type Parameter } from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';
import { isJson } from './one-answer.ts';

/**
 * A parameter described by a media type gets that media type's schema, and `x-content` marks whether it is JSON; one
 * without any description is free text.
 */
export const inlineParameterContent: Rule = {
  name: 'inline-parameter-content',
  habit: 'A parameter may be described by `content` instead of `schema`, or not at all.',
  apply(document) {
    let changes = 0;
    const describe = (parameter: Parameter): Parameter => {
      if (parameter.schema !== undefined && parameter.content === undefined) return parameter;
      changes += 1;
      return described(parameter);
    };
    const mapped = mapOperations(document, ({ operation }) =>
      operation.parameters === undefined
        ? operation
        : { ...operation, parameters: operation.parameters.map((parameter) => describe(parameter)) },
    );
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};

function described({ content, ...parameter }: Parameter): Parameter {
  const { schema } = parameter;
  if (schema !== undefined) return parameter;
  // OpenAPI allows one media type here (OpenAPI 3.1, §4.8.12).
  const [entry] = Object.entries(content ?? {});
  if (entry === undefined) return { ...parameter, schema: { type: 'string' } };
  const [type, media] = entry;
  return { ...parameter, 'x-content': isJson(type) ? 'json' : 'text', schema: media.schema ?? { type: 'string' } };
}
