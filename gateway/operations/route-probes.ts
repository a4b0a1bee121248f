import {
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ListTypeNode,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { inDocumentedForm } from '../../plugins/noetl/wire-dialect.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import { type CallPlan, callFor } from '../calls/call-plan.ts';
import { type RootField, rootFieldNodes } from '../calls/root-fields.ts';
import type { RouteProbe } from '../calls/route-probe.ts';
import { isGatewayRow } from '../config/gateway-config.ts';
import { type WireNames, wireNamesOf } from './outputs.ts';

/**
 * A probe for each operation that open rows use, the list of executions first: it names an execution for the others. Without
 * the events of an execution, which the gateway finds in the execution where they have no route.
 */
export function routeProbesOf(document: DocumentNode, fields: ReadonlyMap<string, RootField>): readonly RouteProbe[] {
  const lacking = lackingOf(document);
  const probes = new Map<string, { readonly isList: boolean; readonly probe: RouteProbe }>();
  for (const [, node] of rootFieldNodes(document)) {
    const { row, plan } = fields.get(node.name.value) ?? {};
    if (row === undefined || plan === undefined || isGatewayRow(row) || plan.kind === 'events') continue;
    const probe = probeOf(row.upstream, plan, (body) => lacking(plan, node, body));
    probes.set(row.upstream, { isList: plan.kind === 'executions', probe });
  }
  const all = [...probes.values()];
  return [...all.filter(({ isList }) => isList), ...all.filter(({ isList }) => !isList)].map(({ probe }) => probe);
}

/** In place of a name that only a caller knows. It is in normal form, and names nothing. */
const noName = 'noetl-gateway-probe';

function probeOf(operation: string, plan: CallPlan, lacking: Required<RouteProbe>['lacking']): RouteProbe {
  const { route, path } = plan;
  const inPath = path.flatMap((piece) => ('argument' in piece ? [piece.argument] : []));
  const smallest = plan.query.flatMap(([wire, source]) => {
    const name = pageSizes.has(wire) && 'argument' in source ? source.argument : undefined;
    return name === undefined ? [] : [[name, plan.bounds.get(name)?.minimum ?? 1] as const];
  });
  const call = (executionId: string): UpstreamCall => {
    const names = inPath.map((name) => [name, plan.executionIds.has(name) ? executionId : noName] as const);
    const { path: place, query } = callFor(plan, Object.fromEntries([...names, ...smallest]));
    const made = { method: 'GET', path: place, route, idempotent: true, timeoutMs, class: 'probe' } as const;
    return plan.method === 'GET' && query !== undefined ? { ...made, query } : made;
  };
  return plan.method === 'GET' && plan.answer === undefined ? { operation, call, lacking } : { operation, call };
}

const pageSizes: ReadonlySet<string> = new Set(['page_size', 'limit']);
const timeoutMs = 3_000;

/** Members that an answer must have for its field: what the schema promises, and of an execution what the gateway reads. */
function lackingOf(document: DocumentNode) {
  const types = new Map(
    document.definitions.flatMap((one) => (one.kind === Kind.OBJECT_TYPE_DEFINITION ? [[one.name.value, one]] : [])),
  );
  const given = { types, wireNames: wireNamesOf(document) };
  return ({ kind }: CallPlan, { type }: FieldDefinitionNode, body: unknown): readonly string[] => {
    if (kind === 'execution') {
      return ['execution_id', 'status'].filter((name) => !isJsonObject(body) || !Object.hasOwn(body, name));
    }
    const answer = inDocumentedForm(kind, body);
    return answer === undefined ? ['a body'] : [...lacks(given, type, answer, '')];
  };
}

interface Types {
  readonly types: ReadonlyMap<string, ObjectTypeDefinitionNode>;
  readonly wireNames: WireNames;
}

/** Names of members, `items.name` in another; the first entry stands for all of a list. */
function* lacks(given: Types, type: TypeNode, value: unknown, place: string): Generator<string> {
  const isMissing = value === undefined || value === null;
  if (type.kind === Kind.NON_NULL_TYPE) {
    if (isMissing) yield place;
    else yield* lacks(given, type.type, value, place);
  } else if (!isMissing) {
    yield* type.kind === Kind.LIST_TYPE
      ? lacksInList(given, type, value, place)
      : lacksInObject(given, type, value, place);
  }
}

function* lacksInList(given: Types, { type }: ListTypeNode, value: unknown, place: string): Generator<string> {
  if (!Array.isArray(value)) yield place === '' ? 'a list' : `a list in ${place}`;
  else if (value.length > 0) yield* lacks(given, type, value[0], place);
}

function* lacksInObject(given: Types, { name }: NamedTypeNode, value: unknown, place: string): Generator<string> {
  const object = given.types.get(name.value);
  if (object === undefined) return;
  if (!isJsonObject(value)) yield place === '' ? 'an object' : `an object in ${place}`;
  else yield* lackingMembers(given, object, value, place);
}

function* lackingMembers(
  given: Types,
  { name, fields = [] }: ObjectTypeDefinitionNode,
  value: JsonObject,
  place: string,
) {
  const wires = given.wireNames.get(name.value);
  for (const field of fields) {
    const wire = wires?.get(field.name.value) ?? field.name.value;
    const member = Object.hasOwn(value, wire) ? value[wire] : undefined;
    yield* lacks(given, field.type, member, place === '' ? wire : `${place}.${wire}`);
  }
}
