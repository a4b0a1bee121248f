import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { buildSchema } from 'graphql';
import { LineCounter, parseDocument } from 'yaml';
import type { AccessRule } from '../core/access/access-rule.ts';
import { type CompiledGrants, compileGrants } from '../core/access/decision.ts';
import type { Grant } from '../core/access/grant.ts';
import { parsePermission, permissions } from '../core/access/permission.ts';
import type { PolicyCase } from '../core/access/policy-cases.ts';
import { readPolicy } from '../core/access/policy-file.ts';
import { decisionOf, type PastDecision } from '../core/access/policy-replay.ts';
import type { GatewayConfig } from '../core/config/gateway-config.ts';
import { reservedPlaybooks } from '../core/config/reserved-playbooks.ts';
import { GatewayError } from '../core/errors.ts';
import { configFile, loadConfig, schemaFile } from './load-config.ts';

/** A policy with what is around it in the project's config. */
export interface LoadedPolicy {
  readonly grants: readonly Grant[];
  readonly roles: readonly string[];
  readonly compiled: CompiledGrants;
  readonly rules: ReadonlyMap<string, AccessRule>;
}

/**
 * The policy of the project, or of `file`: another config in TypeScript, or a policy file, which takes roles and rules from the
 * project's config. Without `file`, `GATEWAY_POLICY_FILE` counts as it does for the gateway.
 */
export async function loadPolicy(dir: string, file?: string): Promise<LoadedPolicy> {
  const isConfig = file !== undefined && /\.[cm]?[jt]s$/.test(file);
  const config = isConfig ? await importConfig(file) : await loadConfig(dir);
  const fromFile = isConfig ? undefined : (file ?? (process.env['GATEWAY_POLICY_FILE']?.trim() || undefined));
  const grants = fromFile === undefined ? config.grants : await readGrants(fromFile, config.roles);
  const rows = Object.entries(config.operations as Record<string, { access: AccessRule }>);
  return {
    grants,
    roles: config.roles,
    compiled: compileGrants(grants, reservedPlaybooks(config, process.env)),
    rules: new Map(rows.map(([field, { access }]) => [field, access])),
  };
}

async function importConfig(file: string): Promise<GatewayConfig> {
  const module: { default?: GatewayConfig } = await import(pathToFileURL(resolve(file)).href).catch(
    (error: unknown) => {
      throw broken(`${file} does not load`, [error instanceof Error ? error.message : String(error)]);
    },
  );
  if (module.default === undefined)
    throw broken(`${file} must export default defineGateway({ … }), as ${configFile} does`);
  return module.default;
}

async function readGrants(file: string, roles: readonly string[]): Promise<readonly Grant[]> {
  const { grants, problems } = readPolicy(await textOf(file), basename(file), roles);
  if (problems.length > 0) throw broken(`${file} is refused`, problems);
  return grants;
}

/** Reads `cases: [{ roles, permission | field, playbook, expect }]`. `role` may stand for a list of one. */
export async function readCases(file: string, roles: readonly string[]): Promise<readonly PolicyCase[]> {
  const counter = new LineCounter();
  const document = parseDocument(await textOf(file), { lineCounter: counter, prettyErrors: false });
  if (document.errors.length > 0)
    throw broken(
      `${file} is not YAML or JSON`,
      document.errors.map(({ message }) => message),
    );
  const content = document.toJS({ maxAliasCount: 0 }) as { cases?: unknown } | null;
  if (!Array.isArray(content?.cases)) throw broken(`${file} must have a list named cases`);
  const nodes = (document.get('cases') as { items: { range?: [number] }[] }).items;
  const lines = nodes.map((node) => counter.linePos(node.range?.[0] ?? 0).line);
  const read = content.cases.map((row: unknown, index) => readCase(row, `${basename(file)}:${lines[index]}`, roles));
  const problems = read.flatMap((one) => ('problem' in one ? [one.problem] : []));
  if (problems.length > 0) throw broken(`${file} has invalid cases`, problems);
  return read.flatMap((one) => ('problem' in one ? [] : [one]));
}

const caseMembers = ['role', 'roles', 'permission', 'field', 'playbook', 'expect'];

function readCase(row: unknown, source: string, roles: readonly string[]): PolicyCase | { readonly problem: string } {
  const given = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
  const problem = caseProblem(given, roles);
  if (problem !== undefined) return { problem: `${source}: ${problem}` };
  const { permission, field, playbook, expect } = given;
  const parsed = permission === undefined ? undefined : parsePermission(String(permission));
  return {
    roles: rolesOf(given).map(String),
    expect: expect === 'allowed' ? 'allowed' : 'denied',
    source,
    ...(parsed === undefined ? {} : { permission: parsed }),
    ...(field === undefined ? {} : { field: String(field) }),
    ...(playbook === undefined ? {} : { playbook: String(playbook) }),
  };
}

const rolesOf = ({ roles, role }: Record<string, unknown>): readonly unknown[] =>
  Array.isArray(roles) ? roles : [roles ?? role].filter((name) => name !== undefined);

function caseProblem(given: Record<string, unknown>, roles: readonly string[]): string | undefined {
  const unknown = Object.keys(given).filter((name) => !caseMembers.includes(name));
  if (unknown.length > 0) return `unknown member ${unknown.join(', ')}; members are ${caseMembers.join(', ')}`;
  const strange = rolesOf(given).filter((name) => !roles.includes(String(name)));
  if (strange.length > 0) return `unknown role ${strange.join(', ')}; roles are ${roles.join(', ')}`;
  const { permission, field, expect } = given;
  if (expect !== 'allowed' && expect !== 'denied') return 'expect must be allowed or denied';
  if ((permission === undefined) === (field === undefined)) return 'a case has one of permission and field';
  return permission === undefined || parsePermission(String(permission)) !== undefined
    ? undefined
    : `unknown permission ${String(permission)}; permissions are ${permissions.join(', ')}`;
}

/** Decisions on a path of an audit log; other lines, and those without roles, are counted. */
export async function readAuditLog(
  file: string,
): Promise<{ readonly decisions: readonly PastDecision[]; readonly skipped: number }> {
  const lines = (await textOf(file)).split('\n').filter((line) => line.trim() !== '');
  const decisions = lines.flatMap((line, index) => pastDecision(line, `${basename(file)}:${index + 1}`) ?? []);
  return { decisions, skipped: lines.length - decisions.length };
}

function pastDecision(line: string, source: string): PastDecision | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  return decisionOf(entry ?? {}, source);
}

/** Arguments of each root field of the generated schema; undefined when `generate` has not run. */
export async function argumentsOfSchema(dir: string): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> {
  const sdl = await readFile(schemaFile(dir), 'utf8').catch(() => undefined);
  if (sdl === undefined) return undefined;
  const schema = buildSchema(sdl, { assumeValidSDL: true });
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((root) => Object.values(root?.getFields() ?? {}));
  return new Map(fields.map(({ name, args }) => [name, new Set(args.map((argument) => argument.name))]));
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw broken(`${file} cannot be read`, [error instanceof Error ? error.message : String(error)]);
  });
}

const broken = (message: string, problems: readonly string[] = []): GatewayError =>
  new GatewayError('ERR_CONFIG_INVALID', message, { problems });
