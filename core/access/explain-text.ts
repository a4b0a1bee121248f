import type { AccessRule } from './access-rule.ts';
import type { FieldExplanation, PathExplanation, RoleAccess, TableExplanation } from './explain.ts';
import type { Grant } from './grant.ts';

/** Says a path's explanation in a few lines; the first begins with `yes` or `no`. */
export function pathExplanationText(explanation: PathExplanation): string {
  const { decision, roles, permission, path } = explanation;
  const who = roles.length === 0 ? 'a user without a role' : roles.join(', ');
  const verdict = `${decision.allowed ? 'yes' : 'no'}: ${who} ${decision.allowed ? 'may' : 'may not'} ${permission} ${path}`;
  return [verdict, ...reasons(explanation)].join('\n');
}

function reasons({ decision, roles, permission, path, nearest, excepted, others }: PathExplanation): string[] {
  if (decision.allowed) return decision.grant ? [`  by ${grantText(decision.grant)}`] : [];
  switch (decision.why) {
    case 'denied':
      return decision.grant ? [`  denied by ${grantText(decision.grant)}`] : [];
    case 'path-refused':
      return ['  the path is not in normal form, so no pattern is tried'];
    case 'reserved':
      return ["  the path is reserved: it is one of the gateway's own auth playbooks"];
    case 'upstream':
      return ['  NoETL does not allow it'];
    case 'no-grant':
      return [
        `  no grant allows it; this one would: allow('${roles[0] ?? '<role>'}', ['${permission}'], '${path}')`,
        ...excepted.map(({ grant, exception }) => `  the exception ${exception} leaves it out of ${grantText(grant)}`),
        ...(nearest && excepted.length === 0 ? [`  nearest: ${nearest.pattern}, in ${grantText(nearest.grant)}`] : []),
        ...others.map((grant) => `  ${grant.role} may, by ${grantText(grant)}`),
      ];
  }
}

/** For example `allow analyst execute, view on data/* except data/payroll/* (gateway.config.ts:61)`. */
export function grantText(grant: Grant): string {
  const { effect, role, permissions, source } = grant;
  const place = source === undefined ? '' : ` (${source})`;
  return `${effect} ${role} ${permissions.join(', ')} on ${reachText(grant)}${place}`;
}

function reachText({ patterns, except = [] }: Grant): string {
  return except.length === 0 ? patterns.join(', ') : `${patterns.join(', ')} except ${except.join(', ')}`;
}

/** Says an operation's rule, and below it what each role gets and by which grants. */
export function fieldExplanationText({ operation, byRole }: FieldExplanation): string {
  const lines = [...byRole].flatMap(([role, access]) => [`  ${role}: ${accessText(access)}`, ...grantLines(access)]);
  return [`${operation.root} ${operation.field}: ${ruleText(operation.access)}`, ...lines].join('\n');
}

function grantLines(access: RoleAccess): string[] {
  return access.kind === 'paths' ? [...access.allow, ...access.deny].map((grant) => `    ${grantText(grant)}`) : [];
}

/** An access rule in words. */
export function ruleText(rule: AccessRule): string {
  switch (rule.kind) {
    case 'closed':
      return 'closed, to everyone';
    case 'authenticated':
      return rule.rows ? `everyone with a session; ${rule.rows} without view are left out` : 'everyone with a session';
    case 'role':
      return `users with the role ${rule.roles.join(' or ')}`;
    case 'playbook':
      return `${rule.permission} on the playbook in ${rule.argument}`;
    case 'execution':
      return `${rule.permission} on the playbook of the execution in ${rule.argument}`;
    case 'source':
      return `${rule.permission} on the playbook that the source in ${rule.argument} names`;
    case 'custom':
      return 'a function of the config decides';
  }
}

/** What a role gets of an operation, in a few words: `yes`, `no`, `it depends`, or the patterns. */
export function accessText(access: RoleAccess): string {
  switch (access.kind) {
    case 'all':
      return 'yes';
    case 'none':
      return 'no';
    case 'custom':
      return 'it depends';
    case 'paths': {
      const denied = access.deny.flatMap(({ patterns }) => patterns);
      // With exceptions a comma would not show where one grant ends.
      const separator = access.allow.some(({ except }) => except !== undefined) ? '; ' : ', ';
      const on = access.allow.map(reachText).join(separator);
      return denied.length === 0 ? `on ${on}` : `on ${on} but never ${denied.join(', ')}`;
    }
  }
}

/** Roles × operations in columns. */
export function tableExplanationText({ roles, rows }: TableExplanation): string {
  const header = ['operation', ...roles];
  const body = rows.map(({ operation, byRole }) => [
    operation.field,
    ...roles.map((role) => accessText(byRole.get(role) ?? { kind: 'none' })),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...body].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [header, ...body].map(line).join('\n');
}
