import { schemaRule } from '../rule.ts';

/** Formats go, but int64 on integers: what the upstream writes as a date or an address is not always one. */
export const formats = schemaRule(
  'formats',
  'Strings claim formats (`date-time`, `uri`) that the wire does not keep: times come without a zone.',
  (schema) => {
    if (schema.format === undefined || (schema.format === 'int64' && schema.type === 'integer')) return schema;
    const { format, ...rest } = schema;
    return schema.type === 'integer' && format === 'uint64' ? { ...rest, format: 'int64' } : rest;
  },
);
