import type { AccessRule } from './access-rule.ts';
import type { FieldExplanation, PathExplanation, RoleAccess, TableExplanation } from './explain.ts';
import type { Grant, Permission } from './grant.ts';

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
    // What would help, in this order: the grant to add, exceptions in the way, the nearest pattern, roles that may.
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

/** How a name is written: as it is for a terminal, as code for Markdown. */
export type Quote = (name: string) => string;

const plain: Quote = (name) => name;

/** The patterns of a grant, and its exceptions. */
export function reachText({ patterns, except = [] }: Pick<Grant, 'patterns' | 'except'>, quote = plain): string {
  const all = (names: readonly string[]) => names.map((name) => quote(name)).join(', ');
  return except.length === 0 ? all(patterns) : `${all(patterns)} except ${all(except)}`;
}

/** Says an operation's rule, and below it what each role gets and by which grants. */
export function fieldExplanationText({ operation, byRole }: FieldExplanation): string {
  const lines = [...byRole].flatMap(([role, access]) => [`  ${role}: ${accessText(access)}`, ...grantLines(access)]);
  return [`${operation.root} ${operation.field}: ${ruleText(operation.access)}`, ...lines].join('\n');
}

function grantLines(access: RoleAccess): string[] {
  return access.kind === 'paths' ? [...access.allow, ...access.deny].map((grant) => `    ${grantText(grant)}`) : [];
}

/** Who may call an operation, by its rule. `explain`, the console and the generated pages have these words only. */
export function ruleText(rule: AccessRule, quote = plain): string {
  switch (rule.kind) {
    case 'closed':
      return 'no user';
    case 'authenticated':
      return rule.rows === undefined
        ? 'everyone with a session'
        : `everyone with a session; ${rule.rows} that the caller may not view are left out`;
    case 'role':
      return rule.roles.length === 1
        ? `users with the role ${quote(rule.roles[0] ?? '')}`
        : `users with one of the roles ${rule.roles.map((role) => quote(role)).join(', ')}`;
    case 'playbook':
      return `users with ${quote(rule.permission)} on the playbook in ${quote(rule.argument)}`;
    case 'path':
      return `users with ${quote(rule.permission)} on the playbook ${quote(rule.path)}`;
    case 'execution':
      return `users with ${onExecutionText(rule.permission, quote)} on the playbook of the execution in ${quote(rule.argument)}; for others it does not exist`;
    case 'source':
      return `users with ${quote(rule.permission)} on the playbook that the source in ${quote(rule.argument)} names`;
    case 'custom':
      return 'users that a function of the config allows';
  }
}

/** Who may start a playbook may also see its executions. */
const onExecutionText = (permission: Permission, quote: Quote): string =>
  permission === 'view' ? `${quote('view')} or ${quote('execute')}` : quote(permission);

/** The access of a role to an operation, in a few words: `yes`, `no`, `a function decides`, or the patterns. */
export function accessText(access: RoleAccess, quote = plain): string {
  switch (access.kind) {
    case 'all':
      return 'yes';
    case 'none':
      return 'no';
    case 'custom':
      return 'a function decides';
    case 'paths': {
      // A deny wins over every allow (ADR 0005), so it is named last and once.
      const denied = [...new Set(access.deny.flatMap(({ patterns }) => patterns))];
      // With exceptions a comma would not show where one grant ends.
      const separator = access.allow.some(({ except }) => except !== undefined) ? '; ' : ', ';
      const on = [...new Set(access.allow.map((grant) => reachText(grant, quote)))].join(separator);
      return denied.length === 0 ? `on ${on}` : `on ${on} but never ${denied.map((name) => quote(name)).join(', ')}`;
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
