import type { AccessRule } from '../../core/access/access-rule.ts';
import { code, codes } from './markdown.ts';

const rowWords = { executions: 'executions', playbooks: 'playbooks' } as const;

/** An access rule in words, as Markdown, to be read after "may be called by". */
export function accessWords(rule: AccessRule): string {
  switch (rule.kind) {
    case 'closed':
      return 'nobody';
    case 'authenticated':
      return rule.rows === undefined
        ? 'everyone with a session'
        : `everyone with a session; ${rowWords[rule.rows]} that the caller may not view are left out`;
    case 'role':
      return rule.roles.length === 1
        ? `users with the role ${codes(rule.roles)}`
        : `users with one of the roles ${codes(rule.roles)}`;
    case 'playbook':
      return `users with ${code(rule.permission)} on the playbook in ${code(rule.argument)}`;
    case 'execution':
      return `users with ${permissionOnExecution(rule.permission)} on the playbook of the execution in ${code(rule.argument)}; others are told that there is none`;
    case 'source':
      return `users with ${code(rule.permission)} on the playbook that the source in ${code(rule.argument)} names`;
    case 'custom':
      return 'whom a function in the config lets pass';
  }
}

/** Who may start a playbook may also see its executions. */
const permissionOnExecution = (permission: string): string =>
  permission === 'view' ? `${code('view')} or ${code('execute')}` : code(permission);
