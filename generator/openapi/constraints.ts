/** Bounds by the way in which they become tighter. */
export const bounds = {
  minimum: 'up',
  exclusiveMinimum: 'up',
  minLength: 'up',
  minItems: 'up',
  minProperties: 'up',
  minContains: 'up',
  maximum: 'down',
  exclusiveMaximum: 'down',
  maxLength: 'down',
  maxItems: 'down',
  maxProperties: 'down',
  maxContains: 'down',
} as const;

/**
 * Constraints that cannot be compared: neither of two is tighter in general. A change of one is dangerous in both
 * directions.
 */
export const incomparable = [
  'multipleOf',
  'contains',
  'prefixItems',
  'propertyNames',
  'patternProperties',
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'not',
  'if',
  'then',
  'else',
];

/** Keywords that limit values (JSON Schema 2020-12, Validation, §6), and conditions. NoETL checks them itself. */
export const constraints: ReadonlySet<string> = new Set([
  ...Object.keys(bounds),
  ...incomparable,
  'pattern',
  'uniqueItems',
]);
