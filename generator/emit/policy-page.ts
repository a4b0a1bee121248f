import { type FromEnv, isEnvRef } from '../../gateway/config/environment.ts';
import { type AnyRow, type GatewayConfig, isGatewayRow } from '../../gateway/config/gateway-config.ts';
import { defaultSections } from '../../gateway/config/resolve-config.ts';
import { explainTable } from '../../plugins/noetl-auth/access/explain.ts';
import { accessText, reachText, ruleText } from '../../plugins/noetl-auth/access/explain-text.ts';
import { permissions } from '../../plugins/noetl-auth/access/grant.ts';
import type { Operation } from '../../plugins/operation.ts';
import { kindWords } from '../../plugins/operation-kind.ts';
import { operationTemplate } from '../diff/operation-contract.ts';
import { listOperations, type OpenApiDocument } from '../openapi/open-api.ts';
import type { Emitter } from './emitter.ts';
import { codeSpan, page, table } from './markdown.ts';

const target = 'docs/generated/policy.md';

/**
 * Who may call what, in words, for the people who review a change of the config or of NoETL. The words are those of
 * `explain` (`plugins/noetl-auth/access/explain-text.ts`), so that the page and the command cannot differ.
 */
export const emitPolicyPage: Emitter = ({ config, operations, document }) => {
  const sorted = operations.toSorted((a, b) => (a.field < b.field ? -1 : 1));
  const closed = closedOperations(document as unknown as OpenApiDocument, operations);
  const sections = [
    '# Who may call what',
    'What is not on this page is closed. `deny` wins over `allow`, whichever role it comes from. Without a grant there is no access. An exception narrows one grant and takes nothing from other roles.',
    '## Operations',
    operationsTable(sorted, config),
    '## Roles and operations',
    'What each role gives by itself, in the words of `explain --table`. Paths are playbook paths; `*` matches any run of characters, `/` included.',
    rolesTable(sorted, config),
    '## Grants',
    grantsTable(config),
    '## Reserved',
    'No user can start these playbooks or see their executions through the gateway, whatever the grants allow:',
    reservedPlaybooks(config),
    '## Opened at a risk',
    risks(sorted),
    `## Closed: ${closed.length} of NoETL’s operations`,
    closed.length === 0 ? 'None.' : closed.map((key) => `- ${codeSpan(key)}`).join('\n'),
  ];
  return [{ path: target, content: page('gateway.config.ts and openapi/noetl.json', sections) }];
};

function operationsTable(operations: readonly Operation[], config: GatewayConfig): string {
  return table(
    ['field', 'root', 'kind', 'answered by', 'as REST', 'as a tool', 'may be called by', 'bounds, reuse, headers'],
    operations.map(({ field, root, kind, source, access, rest, mcp }) => [
      codeSpan(field),
      root,
      kind === 'plain' ? '' : kindWords[kind],
      source.kind === 'upstream' ? codeSpan(source.key) : 'the gateway',
      rest === undefined || source.kind !== 'upstream' ? '' : codeSpan(`${source.method} ${rest}`),
      mcp === true ? 'yes' : '',
      ruleText(access, codeSpan),
      boundWords(config.operations[field]),
    ]),
  );
}

/** A cell for each field and role: what the role gives alone, without other roles of a user. */
function rolesTable(operations: readonly Operation[], { grants, roles }: GatewayConfig): string {
  const { rows } = explainTable({ grants }, roles, operations);
  return table(
    ['field', ...roles.map(codeSpan)],
    rows.map(({ operation, byRole }) => [
      codeSpan(operation.field),
      ...[...byRole.values()].map((access) => accessText(access, codeSpan)),
    ]),
  );
}

function grantsTable({ grants }: GatewayConfig): string {
  if (grants.length === 0) return 'None: no user may start or see anything.';
  return table(
    ['role', 'effect', 'permissions', 'playbooks'],
    grants.map((grant) => [
      codeSpan(grant.role),
      grant.effect,
      permissions.every((one) => grant.permissions.includes(one)) ? 'all' : grant.permissions.join(', '),
      reachText(grant, codeSpan),
    ]),
  );
}

/** Their executions contain session tokens, so no grant opens them. */
function reservedPlaybooks({ auth }: GatewayConfig): string {
  const playbooks = { ...defaultSections.auth.playbooks, ...auth?.playbooks };
  const paths = [playbooks.login, playbooks.validateSession, playbooks.checkAccess] as readonly FromEnv<string>[];
  return paths.map((path) => `- ${fromEnvWords(path)}`).join('\n');
}

function fromEnvWords(value: FromEnv<string>): string {
  if (!isEnvRef(value)) return codeSpan(value);
  return value.fallback === undefined
    ? `what ${codeSpan(value.env)} names`
    : `${codeSpan(String(value.fallback))}, unless ${codeSpan(value.env)} names another`;
}

/** Rows with `acceptRisk` and its reason (ADR 0003). */
function risks(operations: readonly Operation[]): string {
  const rows = operations.flatMap(({ field, source, acceptRisk }) =>
    acceptRisk === undefined
      ? []
      : [[codeSpan(field), source.kind === 'upstream' ? codeSpan(source.key) : '', acceptRisk]],
  );
  return rows.length === 0
    ? 'Nothing that must not be public is open.'
    : table(['field', 'operation', 'accepted because'], rows);
}

/** Keys (`METHOD /path`) of the document's operations that no row opens, by path and then by method. */
export function closedOperations(document: OpenApiDocument, operations: readonly Operation[]): readonly string[] {
  const open = new Set(
    operations.flatMap(({ source }) => (source.kind === 'upstream' ? [operationTemplate(source.key)] : [])),
  );
  return listOperations(document)
    .toSorted((a, b) => (a.path === b.path ? (a.method < b.method ? -1 : 1) : a.path < b.path ? -1 : 1))
    .flatMap(({ key }) => (open.has(operationTemplate(key)) ? [] : [key]));
}

/**
 * The row's settings of time, reuse, size and headers, in words; empty without such settings. Values of headers stay out:
 * they may be secrets.
 */
export function boundWords(row: AnyRow | undefined): string {
  if (row === undefined || isGatewayRow(row)) return '';
  const { timeoutMs, cacheTtlMs = 0, maxResponseBytes, headers = {} } = row;
  const sent = Object.entries(headers).map(([name, source]) =>
    typeof source === 'string' ? `sends ${codeSpan(name)}` : `forwards ${codeSpan(name)}`,
  );
  return [
    ...(timeoutMs === undefined ? [] : [`ends after ${seconds(timeoutMs)}`]),
    ...(cacheTtlMs === 0 ? [] : [`an answer is used again for ${seconds(cacheTtlMs)}`]),
    ...(maxResponseBytes === undefined ? [] : [`at most ${maxResponseBytes.toLocaleString('en')} bytes`]),
    ...sent,
  ].join('; ');
}

const seconds = (ms: number): string => `${ms / 1_000} s`;
