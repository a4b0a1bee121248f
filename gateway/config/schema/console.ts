import { flag, list } from './field.ts';
import { section } from './node.ts';

/** The page for operators (ADR 0015). */
export const consolePage = section({
  public: flag({
    default: false,
    doc: 'also serve the console on the public listener; it is on the internal one always',
  }),
  roles: list({
    default: ['admin'],
    doc: 'roles that see the policy, the health and the audit entries there; executions and playbooks follow the grants',
  }),
});
