import { schemaRule } from '../rule.ts';

/**
 * `const` and `enum` become the type of their values: GraphQL cannot name every value (`text/plain`, `1`, `true`), and an
 * answer with a value that a newer upstream has added is still an answer.
 */
export const constants = schemaRule(
  'constants',
  'Literals and enumerations hold values that GraphQL cannot name, and grow from release to release.',
  (schema) => {
    if (schema.enum === undefined && schema.const === undefined) return schema;
    const { enum: values, const: only, ...rest } = schema;
    const type = commonType(values ?? [only]);
    return type === undefined ? omitType(rest) : { ...rest, type };
  },
);

const omitType = ({ type: _, ...rest }: Record<string, unknown>): Record<string, unknown> => rest;

function commonType(values: readonly unknown[]): string | undefined {
  const types = new Set(values.map((value) => (Number.isInteger(value) ? 'integer' : typeof value)));
  if (types.size === 2 && types.has('integer') && types.has('number')) return 'number';
  const [type] = types;
  return types.size === 1 && type !== 'object' && type !== 'undefined' ? type : undefined;
}
