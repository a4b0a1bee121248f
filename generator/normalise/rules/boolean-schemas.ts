import { mapSchemas } from '../../openapi/map-schemas.ts';
import type { Rule } from '../rule.ts';

/**
 * `true` becomes `{}`, which accepts the same (JSON Schema 2020-12, §4.3.2); `false`, which accepts nothing, too: the
 * document has no better type.
 */
export const booleanSchemas: Rule = {
  name: 'boolean-schemas',
  habit: 'A schema of OpenAPI 3.1 may be `true`, which a reader of objects passes over.',
  apply(document) {
    let changes = 0;
    const mapped = mapSchemas(
      document,
      (schema) => schema,
      () => {
        changes += 1;
        return {};
      },
    );
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};
