import fc from 'fast-check';
import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import { executions, grant, reserved } from './plugin-gateway.ts';
import { plainlyAllowed } from './random-access.ts';
import type { RandomDocument } from './random-operation.ts';
import { type Running, runningFields } from './running-fields.ts';

const roles = ['admin', 'analyst', 'viewer'];
/** Roles of a caller. */
export const randomUser = fc.uniqueArray(fc.constantFrom(...roles), { minLength: 1, maxLength: 2 });

export const randomGrants = fc.array(
  fc
    .tuple(
      fc.constantFrom<Grant['effect']>('allow', 'allow', 'allow', 'deny'),
      fc.constantFrom(...roles),
      fc.subarray<Grant['permissions'][number]>(['execute', 'view', 'edit'], { minLength: 1 }),
      fc.constantFrom('*', 'data/*', 'data/a', 'system/*', '*/x', '%/a', 'data/secret/*', 'api_integration/*'),
    )
    .map(([effect, role, permissions, pattern]) => grant(effect, role, permissions, pattern)),
  { maxLength: 6 },
);

/** May this field run, by the words of the interface alone? */
function referenceAllows({ name, argument }: Running, user: readonly string[], grants: readonly Grant[]): boolean {
  const may = (permission: 'execute' | 'view', path: string | null | undefined) =>
    path != null && plainlyAllowed(grants, reserved, user, permission, path);
  switch (name) {
    case 'executePlaybook':
      return may('execute', argument);
    case 'playbook':
      return may('view', argument);
    case 'cancelExecution':
      return argument !== null && may('execute', executions.get(argument));
    case 'workerPools':
      return user.includes('admin');
    case 'special':
    case 'dashboardStats':
    case 'upstreamHealth':
      return true;
    default:
      return false;
  }
}

/** What reaches the upstream: of a mutation all or nothing, of a query what is allowed. */
export function reference(document: RandomDocument, user: readonly string[], grants: readonly Grant[]): string[] {
  const running = [...(runningFields(document)?.values() ?? [])];
  const allowed = running.filter((field) => referenceAllows(field, user, grants));
  if (document.root === 'mutation' && allowed.length < running.length) return [];
  return allowed.map(({ name, argument }) => `${name} ${argument ?? ''}`).sort();
}
