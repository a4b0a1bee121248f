import { schemaRule } from '../rule.ts';
import { requiredNulls } from './nullable.ts';

/** Members that do not affect a value's type (JSON Schema 2020-12, Validation, §9; OpenAPI 3.1, §4.8.24). */
const annotations = new Set([
  'title',
  'example',
  'examples',
  'readOnly',
  'writeOnly',
  'xml',
  'externalDocs',
  'contentMediaType',
  'contentEncoding',
]);

/**
 * Titles, examples and vendor extensions go: a type is named by its component. What may be shown of descriptions is
 * decided later.
 */
export const dropAnnotations = schemaRule(
  'drop-annotations',
  'Every property carries a generated title, and a title like `Query` would take the place of the root type.',
  (schema) => {
    const kept = Object.entries(schema).filter(([key]) => !isAnnotation(key));
    return kept.length === Object.keys(schema).length ? schema : Object.fromEntries(kept);
  },
);

const isAnnotation = (key: string): boolean =>
  annotations.has(key) || (key.startsWith('x-') && key !== requiredNulls) || (key.startsWith('$') && key !== '$ref');
