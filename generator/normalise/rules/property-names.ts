import { escapeName } from '../../openapi/escaped-name.ts';
import { isPublicName } from '../../openapi/identifiers.ts';
import type { Schema } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';

/**
 * Property names that GraphQL cannot have (GraphQL specification, Names) are spelt with escapes, from which `wireName`
 * reads the original.
 */
export const propertyNames = schemaRule(
  'property-names',
  'Properties are called `content-type`, `$schema`, `@id` or `__meta`, and two may differ in a mark only.',
  (schema) => {
    const { properties, required } = schema;
    if (properties === undefined || Object.keys(properties).every(isPublicName)) return schema;
    const renamed: Record<string, Schema> = {};
    for (const [name, property] of Object.entries(properties)) renamed[escapeName(name)] = property;
    return {
      ...schema,
      properties: renamed,
      ...(required === undefined ? {} : { required: required.map(escapeName) }),
    };
  },
);
