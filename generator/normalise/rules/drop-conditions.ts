import { schemaRule } from '../rule.ts';
import { isObjectType } from './union-of-objects.ts';

/** `anyOf` and `oneOf` beside properties go: they are conditions, and the upstream checks them. */
export const dropConditions = schemaRule(
  'drop-conditions',
  'That one of two fields must be given is written as a union of `required` lists beside the properties.',
  (schema) => {
    if (!isObjectType(schema) || (schema.anyOf === undefined && schema.oneOf === undefined)) return schema;
    const { anyOf: _, oneOf: __, ...rest } = schema;
    return rest;
  },
);
