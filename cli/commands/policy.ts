import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { Command, Option } from 'commander';
import { type DocumentNode, parse } from 'graphql';
import { pairRootFields, rootFieldNodes } from '../../gateway/calls/root-fields.ts';
import { type AnyRow, type GatewayConfig, isGatewayRow } from '../../gateway/config/gateway-config.ts';
import { reservedPlaybooks } from '../../gateway/config/resolve-config.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import { type CompiledGrants, compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { explainField, explainPath, explainTable } from '../../plugins/noetl-auth/access/explain.ts';
import {
  fieldExplanationText,
  pathExplanationText,
  tableExplanationText,
} from '../../plugins/noetl-auth/access/explain-text.ts';
import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import { parsePermission, permissions } from '../../plugins/noetl-auth/access/grant.ts';
import { type PolicyCase, runPolicyCases } from '../../plugins/noetl-auth/access/policy-cases.ts';
import { readPolicyCases } from '../../plugins/noetl-auth/access/policy-cases-file.ts';
import {
  decisionOf,
  diffPolicies,
  type PastDecision,
  type ReplayedDecision,
  replayDecisions,
} from '../../plugins/noetl-auth/access/policy-diff.ts';
import { readPolicy } from '../../plugins/noetl-auth/access/policy-file.ts';
import { lintPolicy } from '../../plugins/noetl-auth/access/policy-lint.ts';
import { configFile, loadConfig, schemaFile } from '../load-config.ts';

interface PolicyFlags {
  readonly dir: string;
  readonly json?: boolean;
  readonly config?: string;
  readonly audit?: string;
  readonly catalog?: string;
}

/** `noetl-gateway policy`: grants as a thing that can be tested. Each command exits 1 when it has found something. */
export function policyCommand(): Command {
  const policy = new Command('policy').description('test, lint, replay and compare access policies').addHelpText(
    'after',
    `
A policy is a gateway.config.ts, or a file with grants (YAML or JSON) as GATEWAY_POLICY_FILE names one.

Examples:
  noetl-gateway policy test policy-cases.yaml
  noetl-gateway policy lint --audit audit.log
  noetl-gateway policy lint --catalog http://noetl.example.com:8082
  noetl-gateway policy replay audit.log --config policy.yaml
  noetl-gateway policy diff gateway.config.before.ts

Exit codes: 0 fine, 1 the command found a problem, 2 wrong use or broken input.`,
  );
  policy.addCommand(withFlags(testCommand()));
  policy.addCommand(withFlags(lintCommand()));
  policy.addCommand(withFlags(replayCommand()));
  policy.addCommand(withFlags(diffCommand()));
  return policy;
}

/** Options that every command has. `addCommand` hands no settings on, so each command gets its own `exitOverride`. */
const withFlags = (command: Command): Command =>
  command
    .option('--json', 'print JSON, for programs')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .exitOverride()
    .showHelpAfterError(`(noetl-gateway policy ${command.name()} --help explains more)`);

/** `policy test`: exits 1 when a case is decided otherwise than expected. */
function testCommand(): Command {
  return new Command('test')
    .description('decide the cases of a file, and compare with the expected answers')
    .argument(
      '<cases>',
      'YAML or JSON: cases: [{ roles, permission, playbook, expect }] or [{ roles, field, playbook, expect }]',
    )
    .option('--config <file>', 'another config or policy file')
    .action(async (file: string, flags: PolicyFlags) => {
      const policy = await loadPolicy(flags.dir, flags.config);
      const results = runPolicyCases(await readCases(file, policy.roles), policy.compiled, policy.rules);
      const failed = results.filter(({ passed }) => !passed);
      const lines = failed.map(({ source, text }) => `FAILED ${source}: ${text}`);
      print(
        flags,
        results,
        [...lines, `${results.length - failed.length} passed, ${failed.length} failed`],
        failed.length > 0,
      );
    });
}

/** `policy lint`: exits 1 when there is something to report. */
function lintCommand(): Command {
  return new Command('lint')
    .description(
      'report rules that do not look at what they open, idle roles, grants that never match, are covered or wider than their use',
    )
    .option('--config <file>', 'another config or policy file')
    .option(
      '--catalog <url or file>',
      'NoETL, or a file with its catalog list or with a path a line: also report patterns that match no path that exists',
    )
    .option('--audit <log>', 'an audit log: also report permissions that its decisions did not need')
    .action(async (flags: PolicyFlags) => {
      const policy = await loadPolicy(flags.dir, flags.config);
      // Without a log nothing is known of the use of grants, and nothing is reported of it.
      const log = flags.audit === undefined ? undefined : await readAuditLog(flags.audit);
      const findings = [
        ...(await ruleProblems(flags.dir, policy)),
        ...lintPolicy({
          ...policy,
          ...(flags.catalog === undefined ? {} : { catalog: await readCatalog(flags.catalog) }),
          ...(log === undefined ? {} : { uses: log.decisions.filter(({ outcome }) => outcome === 'allowed') }),
        }),
      ];
      print(flags, findings, findings.length === 0 ? ['nothing to report'] : findings, findings.length > 0);
    });
}

/** `policy replay`: exits 1 when a decision of the log would change. */
function replayCommand(): Command {
  return new Command('replay')
    .description('decide the requests of an audit log again, and report decisions that would change')
    .argument('<log>', 'the audit log, one JSON object a line')
    .option('--config <file>', 'another config or policy file')
    .action(async (file: string, flags: PolicyFlags) => {
      const policy = await loadPolicy(flags.dir, flags.config);
      const { decisions, skipped } = await readAuditLog(file);
      const changed = replayDecisions(decisions, policy.compiled, policy.rules);
      const summary = `${decisions.length} decisions replayed, ${changed.length} would change, ${skipped} lines are not decisions on a path`;
      print(
        flags,
        { changed, replayed: decisions.length, skipped },
        [...changed.map(changeText), summary],
        changed.length > 0,
      );
    });
}

const changeText = ({ source, roles, permission, path, was, is, reason }: ReplayedDecision): string =>
  `${source}: ${roles.join(', ') || 'no role'}: ${permission} on ${path} was ${was}, would be ${is}\n  ${reason}`;

/**
 * `policy diff`: exits 1 when the two decide differently for a role. Grants are compared by what they decide, not by
 * their text.
 */
function diffCommand(): Command {
  return new Command('diff')
    .description('compare the decisions of two policies')
    .argument('<before>', 'a config or policy file')
    .argument('[after]', 'a config or policy file; by default the project’s config')
    .action(async (before: string, after: string | undefined, flags: PolicyFlags) => {
      const [old, next] = [await loadPolicy(flags.dir, before), await loadPolicy(flags.dir, after)];
      const roles = [...new Set([...old.roles, ...next.roles])];
      const changes = diffPolicies(
        // Both with their reserved playbooks, which no grant opens.
        compileGrants(old.grants, old.compiled.reserved),
        compileGrants(next.grants, next.compiled.reserved),
        roles,
      );
      const lines = changes.map(
        ({ kind, role, permission, pattern }) => `${kind}: ${role} ${permission} on ${pattern}`,
      );
      print(flags, changes, lines.length === 0 ? ['both decide the same'] : lines, changes.length > 0);
    });
}

/** One answer in one of two forms. Exit code 1 is "found something", never a failure of the command. */
function print(flags: PolicyFlags, data: unknown, lines: readonly string[], found: boolean): void {
  console.log(flags.json === true ? JSON.stringify(data, undefined, 2) : lines.join('\n'));
  process.exitCode = found ? 1 : 0;
}

/** Which of three questions is asked: `--table`, `--field`, or roles with a permission and a playbook. */
interface ExplainFlags {
  readonly dir: string;
  readonly role?: string;
  readonly userRoles?: string;
  readonly permission?: string;
  readonly playbook?: string;
  readonly field?: string;
  readonly table?: boolean;
  readonly json?: boolean;
}

/** `noetl-gateway explain`: who may do what, and which grant allows it. Exits 1 when the answer is no. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('show who may do what, and which grant of gateway.config.ts allows it')
    .option('--role <role>', 'a role')
    .addOption(new Option('--user-roles <a,b>', 'all roles of a user').conflicts('role'))
    .option('--permission <permission>', `one of ${permissions.join(', ')}`)
    .option('--playbook <path>', 'a catalog path')
    .option('--field <name>', 'a GraphQL field: its rule, and the access of each role')
    .option('--table', 'roles × operations')
    .option('--json', 'print JSON, for programs')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
Examples:
  noetl-gateway explain --role analyst --permission execute --playbook data/report
  noetl-gateway explain --user-roles analyst,viewer --permission view --playbook system/cleanup
  noetl-gateway explain --field cancelExecution
  noetl-gateway explain --table

With GATEWAY_POLICY_FILE, explain uses the grants of that file, as the gateway does.

Exit codes: 0 yes (or a page was shown), 1 no, 2 wrong use.`,
    )
    .action(async (flags: ExplainFlags) => {
      const config: GatewayConfig = await loadConfig(flags.dir);
      const { compiled } = await loadPolicy(flags.dir);
      const { text, data, allowed } = explain(config, compiled, flags, await fieldsOfSchema(flags.dir));
      console.log(flags.json === true ? JSON.stringify(data, mapsAsObjects, 2) : text);
      process.exitCode = allowed ? 0 : 1;
    });
}

/** An answer for people, the same for programs, and whether it is yes. */
interface Explained {
  readonly text: string;
  readonly data: unknown;
  readonly allowed: boolean;
}

/**
 * Decided by the functions that the gateway decides with (`plugins/noetl-auth/access`), so that the command and the gateway cannot
 * differ.
 * @throws ERR_REQUEST_INVALID for an unknown field, role or permission, and when the flags ask nothing whole
 */
function explain(
  config: GatewayConfig,
  grants: CompiledGrants,
  flags: ExplainFlags,
  schema: ReadonlySet<string> | undefined,
): Explained {
  const rows = Object.entries(config.operations as Record<string, AnyRow>);
  const operations = rows.map(([field, row]) => ({ field, root: rootOf(row), access: row.access }));
  if (flags.table === true) {
    const absent = rows.flatMap(([field, row]) => absence(field, row, schema) ?? []);
    // A row without a field would look like an open door in the table.
    const present = operations.filter(({ field }) => !absent.some((one) => one.field === field));
    const data = { ...explainTable(grants, config.roles, present), absent };
    const notes = absent.map(({ field, why }) => `not in the schema: ${field}, ${why}`);
    return { data, text: [tableExplanationText(data), ...notes].join('\n'), allowed: true };
  }
  if (flags.field !== undefined) {
    const operation = operations.find(({ field }) => field === flags.field);
    if (operation === undefined) {
      throw wrongUse(`unknown field ${flags.field}; fields are ${operations.map(({ field }) => field).join(', ')}`);
    }
    const data = explainField(grants, config.roles, operation);
    return { data, text: fieldExplanationText(data), allowed: true };
  }
  const data = explainPath(grants, pathQuestion(config, flags));
  return { data, text: pathExplanationText(data), allowed: data.decision.allowed };
}

/** Why a row has no field, as the policy page leaves it out. @param schema undefined: not generated yet */
function absence(field: string, row: AnyRow, schema: ReadonlySet<string> | undefined) {
  if (row.access.kind === 'closed') return { field, why: 'closed()' };
  if (isGatewayRow(row) || row.optional !== true || schema === undefined || schema.has(field)) return undefined;
  return { field, why: `the document lacks ${row.upstream} (optional)` };
}

function pathQuestion(config: GatewayConfig, { role, userRoles, permission, playbook }: ExplainFlags) {
  if ((role === undefined && userRoles === undefined) || permission === undefined || playbook === undefined) {
    throw wrongUse('give --role or --user-roles together with --permission and --playbook; or --field; or --table');
  }
  const roles = userRoles?.split(',').map((name) => name.trim()) ?? [role ?? ''];
  for (const name of roles) {
    // An unknown role has no grants, so the answer would be no and look right.
    if (!config.roles.includes(name)) throw wrongUse(`unknown role ${name}; roles are ${config.roles.join(', ')}`);
  }
  const parsed = parsePermission(permission);
  if (parsed === undefined) {
    throw wrongUse(`unknown permission ${permission}; permissions are ${permissions.join(', ')}`);
  }
  return { roles, permission: parsed, path: playbook };
}

function rootOf(row: AnyRow): 'query' | 'mutation' | 'subscription' {
  if (isGatewayRow(row)) return row.gateway;
  // As `generate` decides it (`build-table.ts`).
  return row.type ?? (row.upstream.startsWith('GET ') ? 'query' : 'mutation');
}

const wrongUse = (message: string): GatewayError => new GatewayError('ERR_REQUEST_INVALID', message);

/** JSON has no maps. */
const mapsAsObjects = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value;

/** A policy with what is around it in the project's config. */
interface LoadedPolicy {
  readonly grants: readonly Grant[];
  readonly roles: readonly string[];
  readonly compiled: CompiledGrants;
  readonly operations: Readonly<Record<string, AnyRow>>;
  readonly rules: ReadonlyMap<string, AccessRule>;
}

/**
 * The policy of the project, or of `file`: another config in TypeScript, or a policy file, which takes roles and rules
 * from the project's config. Without `file`, `GATEWAY_POLICY_FILE` counts as it does for the gateway.
 * @param file relative to the folder of the caller
 * @throws ERR_CONFIG_INVALID with every problem of the file or of the config
 */
async function loadPolicy(dir: string, file?: string): Promise<LoadedPolicy> {
  // By its end: a policy file is YAML or JSON.
  const isConfig = file !== undefined && /\.[cm]?[jt]s$/.test(file);
  const config = isConfig ? await importConfig(file) : await loadConfig(dir);
  const fromFile = isConfig ? undefined : (file ?? (process.env['GATEWAY_POLICY_FILE']?.trim() || undefined));
  const grants = fromFile === undefined ? config.grants : await readGrants(fromFile, config.roles);
  const operations: Readonly<Record<string, AnyRow>> = config.operations;
  return {
    grants,
    roles: config.roles,
    // With the reserved playbooks of this environment, which no grant opens.
    compiled: compileGrants(grants, reservedPlaybooks(config, process.env)),
    operations,
    rules: new Map(Object.entries(operations).map(([field, { access }]) => [field, access])),
  };
}

async function importConfig(file: string): Promise<GatewayConfig> {
  // Not by `loadConfig`: the file may have any name, and be outside of the project.
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

/** The cases of a file, see {@link readPolicyCases}. @throws ERR_CONFIG_INVALID with every problem */
async function readCases(file: string, roles: readonly string[]): Promise<readonly PolicyCase[]> {
  const { cases, problems } = readPolicyCases(await textOf(file), basename(file), roles);
  if (problems.length > 0) throw broken(`${file} has invalid cases`, problems);
  return cases;
}

/** Decisions on a path of an audit log; other lines, and those without roles, are counted. */
async function readAuditLog(
  file: string,
): Promise<{ readonly decisions: readonly PastDecision[]; readonly skipped: number }> {
  const lines = (await textOf(file)).split('\n').filter((line) => line.trim() !== '');
  const decisions = lines.flatMap((line, index) => pastDecision(line, `${basename(file)}:${index + 1}`) ?? []);
  return { decisions, skipped: lines.length - decisions.length };
}

function pastDecision(line: string, source: string): PastDecision | undefined {
  let entry: Record<string, unknown>;
  try {
    // Logs are cut and mixed with other lines; a line that is not JSON is skipped.
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  return decisionOf(entry ?? {}, source);
}

/**
 * Rules that do not fit what their fields do, as the start reports them: of the generated schema and the rows of a config.
 * Nothing when `generate` has not run.
 */
async function ruleProblems(dir: string, { operations }: LoadedPolicy): Promise<readonly string[]> {
  const schema = await generatedSchema(dir);
  return schema === undefined ? [] : pairRootFields(schema, operations).problems;
}

/** The names of all root fields of the generated schema; undefined when `generate` has not run. */
async function fieldsOfSchema(dir: string): Promise<ReadonlySet<string> | undefined> {
  const schema = await generatedSchema(dir);
  return schema && new Set(rootFieldNodes(schema).map(([, field]) => field.name.value));
}

async function generatedSchema(dir: string): Promise<DocumentNode | undefined> {
  const sdl = await readFile(schemaFile(dir), 'utf8').catch(() => undefined);
  return sdl === undefined ? undefined : parse(sdl, { noLocation: true });
}

/**
 * The paths of NoETL's catalog: by its `POST /api/catalog/list`, or of a file with that answer, a JSON list of paths, or a path
 * a line.
 * @param source of a URL without a path, the list's own is taken
 * @throws ERR_CONFIG_INVALID when it cannot be read or names no path: an empty catalog would make each pattern a finding
 */
async function readCatalog(source: string): Promise<readonly string[]> {
  const isUrl = /^https?:\/\//i.test(source);
  const text = isUrl ? await catalogAnswer(source) : await textOf(source);
  const paths = pathsIn(text);
  if (paths.length === 0) throw broken(`${isUrl ? new URL(source).origin : source} names no catalog path`);
  return paths;
}

const maxCatalogBytes = 67_108_864;

async function catalogAnswer(source: string): Promise<string> {
  if (!URL.canParse(source)) throw broken(`${source} is not a URL`);
  const url = new URL(source);
  if (url.pathname === '/') url.pathname = '/api/catalog/list';
  const failed = (why: string): GatewayError => broken(`the catalog of ${url.origin} cannot be read`, [why]);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw failed(`POST ${url.pathname} answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > maxCatalogBytes) throw failed('it is larger than 64 MiB');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw failed(error instanceof Error ? error.message : String(error));
  }
}

function pathsIn(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.split('\n').flatMap((line) => line.trim() || []);
  }
  const { entries, items } = (value ?? {}) as { readonly entries?: unknown; readonly items?: unknown };
  const list = [value, entries, items].find(Array.isArray) ?? [];
  return list.flatMap((row: unknown) => {
    const path = typeof row === 'object' && row !== null && 'path' in row ? row.path : row;
    return typeof path === 'string' ? [path] : [];
  });
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw broken(`${file} cannot be read`, [error instanceof Error ? error.message : String(error)]);
  });
}

const broken = (message: string, problems: readonly string[] = []): GatewayError =>
  new GatewayError('ERR_CONFIG_INVALID', message, { problems });
