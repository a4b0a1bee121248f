import {
  type AnyRow,
  type AnyUpstreamRow,
  type GatewayConfig,
  isGatewayRow,
} from '../../gateway/config/gateway-config.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { checkGrants } from '../../plugins/noetl-auth/access/check-grants.ts';
import { weakExecutionRule } from '../../plugins/noetl-auth/access/weak-rules.ts';
import {
  hasOwnShape,
  type Operation,
  type OperationArgument,
  rerunPath,
  restPathOf,
  restPathProblem,
} from '../../plugins/operation.ts';
import {
  isProtocolField,
  type OperationKind,
  protocolFields,
  type StartMembers,
  usualStartMembers,
} from '../../plugins/operation-kind.ts';
import { type DocumentedShape, shapesOf } from '../document/operation-shape.ts';
import { isPublicName, nearest } from '../openapi/names.ts';
import { basePathOf, deprecatedUpstream, type OpenApiDocument } from '../openapi/open-api.ts';
import { answerFormOf, checkAccess, checkGatewayRow, checkStart, checkTransport } from './check-row.ts';
import { closedKinds, neverPublic } from './never-public.ts';
import { type OperationMeaning, operationMeaning } from './operation-meaning.ts';
import { joinAction, joinProtocolField, type ProtocolJoin } from './protocol-arguments.ts';
import { type Findings, type JoinedRow, rowArguments, rowFields } from './row-members.ts';

/** The operations table: document × config. */
export interface OperationsTable {
  /** By the name of their field. */
  readonly operations: readonly Operation[];
  /** Problems; one line each, with the place in the config. */
  readonly problems: readonly string[];
  /** What a person should know: rows left out because the document lacks them, risks that were accepted. */
  readonly notes: readonly string[];
  /** Every operation of the document. */
  readonly shapes: readonly DocumentedShape[];
}

/**
 * Joins a document, after the structure rules, with a config. Never throws for their content: everything wrong is a
 * problem.
 */
export function buildTable(document: OpenApiDocument, config: GatewayConfig): OperationsTable {
  const shapes = shapesOf(document);
  const shapesByTemplate = Map.groupBy(shapes, (shape) => templateOf(shape.key));
  const grants = checkGrants(config.grants, config.roles);
  const keepsProse = config.schema?.descriptions === 'document';
  const findings: Findings = { problems: [...grants.problems], notes: [...grants.warnings], keepsProse };
  // By name, so that the order of the config makes no difference in what is generated.
  const rows = Object.entries(config.operations).sort(([a], [b]) => (a < b ? -1 : 1));
  const operations = rows.flatMap(([field, row]) => {
    const operation = readRow(field, row, document, shapesByTemplate, findings);
    if (operation === undefined) return [];
    const wrong = checkAccess(operation, config.roles);
    findings.problems.push(...wrong, ...(wrong.length === 0 ? executionProblems(operation, row) : []));
    // No caller may call it, so no caller needs to know of it.
    if (operation.access?.kind !== 'closed') return [operation];
    findings.notes.push(`operations.${field}: closed(); not in the schema`);
    return [];
  });
  const base = basePathOf(document['servers']);
  if (base !== '') findings.notes.push(`the document’s paths are below ${base}: upstream.baseUrl must end with it`);
  return { operations, problems: findings.problems, notes: findings.notes, shapes };
}

/** @throws ERR_POLICY_INVALID when a table has problems; `hints` are listed after them. */
export function assertNoProblems({ problems }: OperationsTable, hints: () => readonly string[] = () => []): void {
  if (problems.length === 0) return;
  throw new GatewayError('ERR_POLICY_INVALID', 'gateway.config.ts does not match the OpenAPI document.', {
    problems: [...problems, ...hints()],
  });
}

function readRow(
  field: string,
  row: AnyRow,
  document: OpenApiDocument,
  shapes: ReadonlyMap<string, readonly DocumentedShape[]>,
  findings: Findings,
): Operation | undefined {
  const place = `operations.${field}`;
  // The rest of the row is not looked at: its field would not exist.
  if (!isPublicName(field)) {
    findings.problems.push(`${place}: GraphQL cannot have a field of that name`);
    return undefined;
  }
  if (isGatewayRow(row)) {
    findings.problems.push(...checkGatewayRow(field, row));
    if (row.acceptRisk?.trim()) findings.notes.push(`${place}: it is open at a risk: ${row.acceptRisk}`);
    return {
      field,
      root: row.gateway,
      // Of an action, its start brings the types.
      source: { kind: 'gateway', sdl: row.sdl, typeDefs: row.typeDefs },
      kind: 'gateway',
      catalogPaths: [],
      executionIds: [],
      start: undefined,
      access: row.access,
      description: row.description,
      args: [],
      fields: {},
      acceptRisk: row.acceptRisk,
      ...lifeOf(row),
    };
  }
  const shape = findShape(place, row, shapes, findings);
  if (shape === undefined) return undefined;
  return upstreamOperation({ ...findings, field, place, row, shape, meaning: operationMeaning(shape) }, document);
}

function findShape(
  place: string,
  row: AnyUpstreamRow,
  shapes: ReadonlyMap<string, readonly DocumentedShape[]>,
  findings: Findings,
): DocumentedShape | undefined {
  const found = shapes.get(templateOf(row.upstream)) ?? [];
  // The names of path parameters differ between releases; the row may have those of another one.
  const exact = found.find((shape) => shape.key === row.upstream) ?? found[0];
  if (exact !== undefined) return exact;
  const keys = [...shapes.values()].flat().map((shape) => shape.key);
  const message = `${place}: the document has no ${row.upstream}${nearest(row.upstream, keys)}`;
  if (row.optional === true) findings.notes.push(`${message}; left out (optional)`);
  else findings.problems.push(message);
  return undefined;
}

function upstreamOperation(joined: JoinedRow, document: OpenApiDocument): Operation {
  const { field, place, row, shape, meaning, problems, notes } = joined;
  const { args, start } = argumentsOf(joined);
  problems.push(...checkTransport(joined, args), ...riskProblems(joined, args), ...restProblems(joined));
  if (row.acceptRisk?.trim()) notes.push(`${place}: ${shape.key} is open at a risk: ${row.acceptRisk}`);
  const { access } = row;
  const operation: Operation = {
    field,
    root: row.type ?? (shape.method === 'GET' ? 'query' : 'mutation'),
    source: { kind: 'upstream', key: shape.key, method: shape.method, path: shape.path },
    kind: kindOf(field, meaning, start),
    catalogPaths: publicNames(args, meaning.catalogPaths, access?.kind === 'playbook' ? access.argument : undefined),
    executionIds:
      field === 'rerunExecution'
        ? ['id']
        : publicNames(args, meaning.executionIds, access?.kind === 'execution' ? access.argument : undefined),
    start,
    access,
    description: row.description ?? (joined.keepsProse ? shape.description : undefined),
    args,
    fields: hasOwnShape({ field, ...row }) ? {} : rowFields(joined, document),
    acceptRisk: row.acceptRisk,
    ...answerFormOf(joined),
    ...lifeOf(row, shape),
    ...(row.types === undefined ? {} : { types: row.types }),
    ...restOf(joined),
    ...actionOf(row),
  };
  problems.push(...checkStart(operation, meaning));
  return operation;
}

function executionProblems(operation: Operation, row: AnyRow): readonly string[] {
  const watch = isGatewayRow(row) && row.gateway === 'subscription' ? row.watch : undefined;
  const problem = weakExecutionRule({ ...operation, watch });
  return problem === undefined ? [] : [`operations.${operation.field}.access: ${problem}`];
}

function actionOf({ action }: AnyUpstreamRow): Pick<Operation, 'action'> {
  if (action === undefined) return {};
  const { input, typeDefs, type } = action;
  return { action: { input, typeDefs, type } };
}

function kindOf(field: string, { kind }: OperationMeaning, start: StartMembers | undefined): OperationKind {
  if (start === undefined) return kind;
  return isProtocolField(field) ? protocolFields[field].kind : 'execute';
}

const restOf = ({ field, row, shape: { path } }: JoinedRow): Pick<Operation, 'rest' | 'mcp'> => ({
  ...(row.rest === true && { rest: field === 'rerunExecution' ? rerunPath : restPathOf(path) }),
  ...(row.mcp === true && { mcp: true as const }),
});

/** Why an operation cannot be a REST call: `serve` would not start with it. */
function restProblems({ place, row, shape: { key, path }, meaning: { catalogPaths } }: JoinedRow): readonly string[] {
  if (row.rest !== true) return [];
  const problem = restPathProblem(path, (name) => catalogPaths.some((arg) => arg.in === 'path' && arg.wire === name));
  return problem === undefined
    ? []
    : [`${place}.rest: ${key} cannot be served below /noetl: ${problem}; leave rest out of the row`];
}

/** Why an operation must not be public, unless its row has a reason in `acceptRisk`. */
function riskProblems(
  { place, row, shape: { key, method, path }, meaning: { kind } }: JoinedRow,
  args: readonly OperationArgument[],
): readonly string[] {
  const offered = args.filter((arg) => arg.name !== undefined).map((arg) => arg.wire);
  const danger = neverPublic(method, path, offered) ?? (row.access?.kind === 'source' ? undefined : closedKinds[kind]);
  if (danger === undefined || row.acceptRisk?.trim() || row.access?.kind === 'closed') return [];
  return [`${place}: ${key} must not be public: ${danger}; to open it anyway, give the reason in acceptRisk`];
}

/** What callers read of the end of a field. */
function lifeOf(row: AnyRow, shape?: DocumentedShape): Pick<Operation, 'deprecated' | 'until'> {
  const deprecated = row.deprecated ?? (shape?.deprecated === true ? deprecatedUpstream : undefined);
  return {
    ...(deprecated === undefined ? {} : { deprecated }),
    ...(row.until === undefined ? {} : { until: row.until }),
  };
}

/** The public names of the arguments that are offered, and the one that the access rule is on, in the table's order. */
function publicNames(
  args: readonly OperationArgument[],
  wanted: OperationMeaning['catalogPaths'],
  ruled: string | undefined,
): readonly string[] {
  return args.flatMap(({ name, wire, in: place }) => {
    if (name === undefined) return [];
    const isWanted = name === ruled || wanted.some((arg) => arg.wire === wire && arg.in === place);
    return isWanted ? [name] : [];
  });
}

function argumentsOf(joined: JoinedRow): ProtocolJoin {
  const { field, meaning } = joined;
  if (isProtocolField(field)) return joinProtocolField(field, joined);
  if (joined.row.action !== undefined) return joinAction(joined.row.action.part, joined);
  return { args: rowArguments(joined), start: meaning.kind === 'execute' ? usualStartMembers : undefined };
}

/** `GET /a/{execution_id}` and `GET /a/{id}` are one template; method and literal segments decide. */
function templateOf(key: string): string {
  const [method = '', path = ''] = key.trim().split(/\s+/);
  return `${method.toUpperCase()} ${path.replace(/\{[^{}]*\}/g, '{}').replace(/\/+$/, '')}`;
}
