import process from 'node:process';
import { Command, Option } from 'commander';
import { type AnyRow, type GatewayConfig, isGatewayRow } from '../../gateway/config/gateway-config.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { explainField, explainPath, explainTable } from '../../plugins/noetl-auth/access/explain.ts';
import {
  fieldExplanationText,
  pathExplanationText,
  tableExplanationText,
} from '../../plugins/noetl-auth/access/explain-text.ts';
import { parsePermission, permissions } from '../../plugins/noetl-auth/access/permission.ts';
import { loadConfig } from '../load-config.ts';
import { fieldsOfSchema, loadPolicy } from '../policy-input.ts';

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
  if (isGatewayRow(row) || row.whenPresent !== true || schema === undefined || schema.has(field)) return undefined;
  return { field, why: `the document lacks ${row.upstream} (whenPresent)` };
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
