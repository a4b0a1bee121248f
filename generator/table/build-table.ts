import { checkGrants } from '../../core/access/check-grants.ts';
import type { GatewayConfig } from '../../core/config/gateway-config.ts';
import { type AnyRow, type AnyUpstreamRow, isGatewayRow } from '../../core/config/operation-row.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Operation, OperationArgument } from '../../core/operation.ts';
import { isProtocolField } from '../../core/protocol-field.ts';
import { type OperationShape, shapesOf } from '../document/operation-shape.ts';
import { normalise, structureRules } from '../normalise/normalise.ts';
import { isPublicName } from '../openapi/identifiers.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { checkAccess } from './check-access.ts';
import { checkGatewayRow } from './gateway-row.ts';
import { neverPublic } from './never-public.ts';
import { protocolArguments } from './protocol-arguments.ts';
import { rowArguments } from './row-arguments.ts';
import { rowFields } from './row-fields.ts';
import { nearest } from './suggest.ts';

/** The operations table: document × config. */
export interface Table {
  /** By the name of their field. */
  readonly operations: readonly Operation[];
  /** What stands in the way; one line each, with the place in the config. */
  readonly problems: readonly string[];
  /** What a person should know: rows left out because the document lacks them, risks that were accepted. */
  readonly notes: readonly string[];
}

interface Findings {
  readonly problems: string[];
  readonly notes: string[];
}

/** Joins a document as it was pulled with a config. Never throws for what they say: everything wrong is a problem. */
export function buildTable(document: OpenApiDocument, config: GatewayConfig): Table {
  const structured = normalise(document, structureRules).document;
  const shapes = indexShapes(shapesOf(structured));
  const grants = checkGrants(config.grants, config.roles);
  const findings: Findings = { problems: [...grants.problems], notes: [...grants.warnings] };
  const rows = Object.entries(config.operations).sort(([a], [b]) => (a < b ? -1 : 1));
  const operations = rows.flatMap(([field, row]) => {
    const operation = readRow(field, row, structured, shapes, findings);
    if (operation === undefined) return [];
    findings.problems.push(...checkAccess(operation, config.roles));
    // Nobody may call it, so nobody needs to know of it.
    if (operation.access?.kind !== 'closed') return [operation];
    findings.notes.push(`operations.${field}: closed(); not in the schema`);
    return [];
  });
  return { operations, problems: findings.problems, notes: findings.notes };
}

/**
 * {@link buildTable}, for callers that need a table without problems.
 * @throws ERR_POLICY_INVALID with every problem.
 */
export function requireTable(document: OpenApiDocument, config: GatewayConfig): Table {
  const table = buildTable(document, config);
  if (table.problems.length > 0) {
    throw new GatewayError('ERR_POLICY_INVALID', 'The config and the document do not fit together.', {
      problems: table.problems,
    });
  }
  return table;
}

function readRow(
  field: string,
  row: AnyRow,
  document: OpenApiDocument,
  shapes: ReadonlyMap<string, readonly OperationShape[]>,
  findings: Findings,
): Operation | undefined {
  const place = `operations.${field}`;
  if (!isPublicName(field)) {
    findings.problems.push(`${place}: GraphQL cannot have a field of that name`);
    return undefined;
  }
  if (isGatewayRow(row)) {
    findings.problems.push(...checkGatewayRow(field, row));
    return {
      field,
      root: row.gateway,
      source: { kind: 'gateway', sdl: row.sdl, typeDefs: row.typeDefs },
      access: row.access,
      description: row.description,
      args: [],
      fields: {},
      acceptRisk: undefined,
    };
  }
  const shape = findShape(place, row, shapes, findings);
  return shape === undefined ? undefined : upstreamOperation(field, row, document, shape, findings);
}

function findShape(
  place: string,
  row: AnyUpstreamRow,
  shapes: ReadonlyMap<string, readonly OperationShape[]>,
  findings: Findings,
): OperationShape | undefined {
  const found = shapes.get(templateOf(row.upstream)) ?? [];
  const exact = found.find((shape) => shape.key === row.upstream) ?? found[0];
  if (exact !== undefined) return exact;
  const keys = [...shapes.values()].flat().map((shape) => shape.key);
  const message = `${place}: the document has no ${row.upstream}${nearest(row.upstream, keys)}`;
  if (row.whenPresent === true) findings.notes.push(`${message}; left out (whenPresent)`);
  else findings.problems.push(message);
  return undefined;
}

function upstreamOperation(
  field: string,
  row: AnyUpstreamRow,
  document: OpenApiDocument,
  shape: OperationShape,
  findings: Findings,
): Operation {
  const place = `operations.${field}`;
  const args = argumentsOf(field, row, shape, findings.problems);
  if (shape.body === 'foreign') findings.problems.push(`${place}: the body of ${shape.key} is not JSON`);
  const offered = args.filter((arg) => arg.name !== undefined).map((arg) => arg.wire);
  const danger = neverPublic(shape.method, shape.path, offered);
  if (danger !== undefined && !row.acceptRisk?.trim()) {
    findings.problems.push(
      `${place}: ${shape.key} must not be public: ${danger}; to open it all the same, say why in acceptRisk`,
    );
  }
  if (row.acceptRisk?.trim()) findings.notes.push(`${place}: ${shape.key} is open at a risk: ${row.acceptRisk}`);
  return {
    field,
    root: row.type ?? (shape.method === 'GET' ? 'query' : 'mutation'),
    source: { kind: 'upstream', key: shape.key, method: shape.method, path: shape.path },
    access: row.access,
    description: row.description,
    args,
    fields: isProtocolField(field) ? {} : rowFields(place, row, document, shape, findings.problems),
    acceptRisk: row.acceptRisk,
  };
}

function argumentsOf(
  field: string,
  row: AnyUpstreamRow,
  shape: OperationShape,
  problems: string[],
): readonly OperationArgument[] {
  return isProtocolField(field)
    ? protocolArguments(field, row, shape, problems)
    : rowArguments(`operations.${field}`, row, shape, problems);
}

function indexShapes(shapes: readonly OperationShape[]): ReadonlyMap<string, readonly OperationShape[]> {
  return Map.groupBy(shapes, (shape) => templateOf(shape.key));
}

/** `GET /a/{execution_id}` and `GET /a/{id}` are one template; method and literal segments decide. */
function templateOf(key: string): string {
  const [method = '', path = ''] = key.trim().split(/\s+/);
  return `${method.toUpperCase()} ${path.replace(/\{[^{}]*\}/g, '{}').replace(/\/+$/, '')}`;
}
