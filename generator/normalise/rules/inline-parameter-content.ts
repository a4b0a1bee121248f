import { isRecord, mapOperations, type Parameter } from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';

/** A parameter described by a media type gets that media type's schema; one without any description is free text. */
export const inlineParameterContent: Rule = {
  name: 'inline-parameter-content',
  habit: 'A parameter may be described by `content` instead of `schema`, or not at all.',
  apply(document) {
    let changes = 0;
    const describe = (parameter: Parameter): Parameter => {
      if (parameter.schema !== undefined && parameter.content === undefined) return parameter;
      changes += 1;
      const { content, ...rest } = parameter;
      const media = isRecord(content) ? Object.values(content)[0] : undefined;
      return { ...rest, schema: parameter.schema ?? media?.schema ?? { type: 'string' } };
    };
    const mapped = mapOperations(document, ({ operation }) =>
      operation.parameters === undefined
        ? operation
        : { ...operation, parameters: operation.parameters.map((parameter) => describe(parameter)) },
    );
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};
