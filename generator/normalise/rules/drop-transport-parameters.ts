import { mapOperations } from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';

const offered = new Set(['path', 'query']);

/** Header and cookie parameters go: what a caller sends as headers is never the upstream's business. */
export const dropTransportParameters: Rule = {
  name: 'drop-transport-parameters',
  habit: 'Internal operations take credentials as header parameters, which would become arguments.',
  apply(document) {
    let changes = 0;
    const mapped = mapOperations(document, ({ operation }) => {
      const kept = operation.parameters?.filter((parameter) => offered.has(parameter.in));
      const dropped = (operation.parameters?.length ?? 0) - (kept?.length ?? 0);
      changes += dropped;
      return dropped === 0 || kept === undefined ? operation : { ...operation, parameters: kept };
    });
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};
