import type { AccessRule } from '../../../core/access/access-rule.ts';
import type { Grant } from '../../../core/access/grant.ts';
import type { Permission } from '../../../core/access/permission.ts';
import { permissions } from '../../../core/access/permission.ts';
import { defaults } from '../../../core/config/defaults.ts';
import { type FromEnv, isEnvRef } from '../../../core/config/env.ts';
import type { GatewayConfig } from '../../../core/config/gateway-config.ts';
import type { Operation } from '../../../core/operation.ts';
import { kindWords } from '../../../core/operation-kind.ts';
import type { OpenApiDocument } from '../../openapi/open-api.ts';
import { accessWords } from '../access-words.ts';
import { boundWords } from '../bound-words.ts';
import type { Emitter } from '../emitter.ts';
import { code, codes, page, table } from '../markdown.ts';
import { closedOperations } from './closed-operations.ts';
import { grantedPatterns } from './granted-patterns.ts';

const target = 'docs/generated/policy.md';

/** Who may call what, in words, for the people who review a change of the config or of NoETL. */
export const emitPolicyPage: Emitter = ({ config, operations, document }) => {
  const sorted = operations.toSorted((a, b) => (a.field < b.field ? -1 : 1));
  const closed = closedOperations(document as unknown as OpenApiDocument, operations);
  const sections = [
    '# Who may call what',
    'What is not on this page is closed. `deny` wins over `allow`, whichever role it comes from. Without a grant there is no access. An exception narrows one grant and takes nothing from other roles.',
    '## Operations',
    operationsTable(sorted, config),
    '## Roles and operations',
    'What each role gives by itself. Paths are playbook paths; `*` stands for any run of characters, `/` included.',
    rolesTable(sorted, config),
    '## Grants',
    grantsTable(config),
    '## Reserved',
    'No user can start these playbooks or see their executions through the gateway, whatever the grants allow:',
    reservedPlaybooks(config),
    '## Opened at a risk',
    risks(sorted),
    `## Closed: ${closed.length} of NoETL’s operations`,
    closed.length === 0 ? 'None.' : closed.map((key) => `- ${code(key)}`).join('\n'),
  ];
  return [{ path: target, content: page('gateway.config.ts and openapi/noetl.json', sections) }];
};

function operationsTable(operations: readonly Operation[], config: GatewayConfig): string {
  return table(
    ['field', 'root', 'kind', 'answered by', 'as REST', 'as a tool', 'may be called by', 'bounds, reuse, headers'],
    operations.map(({ field, root, kind, source, access, rest, mcp }) => [
      code(field),
      root,
      kind === 'plain' ? '' : kindWords[kind],
      source.kind === 'upstream' ? code(source.key) : 'the gateway',
      rest === undefined || source.kind !== 'upstream' ? '' : code(`${source.method} ${rest}`),
      mcp === true ? 'yes' : '',
      accessWords(access),
      boundWords(config.operations[field]),
    ]),
  );
}

function rolesTable(operations: readonly Operation[], config: GatewayConfig): string {
  return table(
    ['field', ...config.roles.map(code)],
    operations.map(({ field, access }) => [code(field), ...config.roles.map((role) => roleCell(access, role, config))]),
  );
}

function roleCell(access: AccessRule, role: string, config: GatewayConfig): string {
  switch (access.kind) {
    case 'closed':
      return 'no';
    case 'authenticated':
      return access.rows === undefined ? 'yes' : pathsCell(config, role, rowPermissions[access.rows]);
    case 'role':
      return access.roles.includes(role) ? 'yes' : 'no';
    case 'playbook':
    case 'source':
      return pathsCell(config, role, [access.permission]);
    case 'execution':
      return pathsCell(config, role, access.permission === 'view' ? ['view', 'execute'] : [access.permission]);
    case 'custom':
      return 'by code';
  }
}

/** Which permissions show a row of a list. */
const rowPermissions = { executions: ['view', 'execute'], playbooks: ['view'] } as const;

function pathsCell(config: GatewayConfig, role: string, wanted: readonly Permission[]): string {
  const { allowed, denied } = grantedPatterns(config.grants, role, wanted);
  if (allowed.length === 0) return 'no';
  const on = allowed.map(reachWords).join('; ');
  return denied.length === 0 ? on : `${on} but not ${codes(denied)}`;
}

const reachWords = ({ patterns, except = [] }: Pick<Grant, 'patterns' | 'except'>): string =>
  except.length === 0 ? codes(patterns) : `${codes(patterns)} except ${codes(except)}`;

function grantsTable({ grants }: GatewayConfig): string {
  if (grants.length === 0) return 'None: nobody may start or see anything.';
  return table(
    ['role', 'effect', 'permissions', 'playbooks'],
    grants.map((grant) => [
      code(grant.role),
      grant.effect,
      permissions.every((one) => grant.permissions.includes(one)) ? 'all' : grant.permissions.join(', '),
      reachWords(grant),
    ]),
  );
}

function reservedPlaybooks({ auth }: GatewayConfig): string {
  const playbooks = { ...defaults.auth.playbooks, ...auth?.playbooks };
  const paths = [playbooks.login, playbooks.validateSession, playbooks.checkAccess] as readonly FromEnv<string>[];
  return paths.map((path) => `- ${fromEnvWords(path)}`).join('\n');
}

function fromEnvWords(value: FromEnv<string>): string {
  if (!isEnvRef(value)) return code(value);
  return value.fallback === undefined
    ? `what ${code(value.env)} names`
    : `${code(String(value.fallback))}, unless ${code(value.env)} names another`;
}

function risks(operations: readonly Operation[]): string {
  const rows = operations.flatMap(({ field, source, acceptRisk }) =>
    acceptRisk === undefined ? [] : [[code(field), source.kind === 'upstream' ? code(source.key) : '', acceptRisk]],
  );
  return rows.length === 0
    ? 'Nothing that must not be public is open.'
    : table(['field', 'operation', 'accepted because'], rows);
}
