import { type ArgumentBounds, boundsText, isWithin } from '../../plugins/argument-bounds.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { idText, isRawNumber, setMember } from '../../plugins/json/lossless-json.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import { assertNoControlNames } from '../../plugins/noetl/control-names.ts';
import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';
import type { AnswerForm, WireStyle } from '../../plugins/operation.ts';
import { isStart, type OperationKind, type StartMembers, usualStartMembers } from '../../plugins/operation-kind.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import type { TemplatePiece } from './compile-call-plan.ts';

type Pairs = readonly (readonly [name: string, value: string])[];

const separators: Partial<Record<WireStyle, string>> = { comma: ',', space: ' ', pipe: '|' };

/**
 * A query parameter as pairs of name and text.
 * @returns undefined for a value that has no such form: an object or a list where a scalar must be, text that is not Unicode,
 *   a member whose name would end its own brackets
 */
export function queryPairs(wire: string, value: unknown, style: WireStyle | undefined): Pairs | undefined {
  switch (style) {
    case undefined:
      return all((Array.isArray(value) ? value : [value]).map((item) => pair(wire, item)));
    case 'json':
      return all([pair(wire, JSON.stringify(value))]);
    case 'deep':
    case 'members':
    case 'pairs':
      return isJsonObject(value) ? objectPairs(wire, value, style) : undefined;
    default: {
      const texts = (Array.isArray(value) ? value : [value]).map(scalarText);
      return texts.includes(undefined) ? undefined : all([pair(wire, texts.join(separators[style]))]);
    }
  }
}

function objectPairs(
  wire: string,
  value: Readonly<Record<string, unknown>>,
  style: 'deep' | 'members' | 'pairs',
): Pairs | undefined {
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  if (style === 'pairs') {
    const texts = members.flatMap(([name, member]) => [name, scalarText(member)]);
    return texts.includes(undefined) ? undefined : all([pair(wire, texts.join(','))]);
  }
  if (style === 'members')
    return all(members.flatMap(([name, member]) => listOf(member).map((one) => pair(name, one))));
  return all(members.flatMap(([name, member]) => deepPairs(`${wire}[${name}]`, name, member)));
}

/** Members of members get further brackets. */
function deepPairs(place: string, name: string, value: unknown): (Pairs[number] | undefined)[] {
  if (/[[\]]/.test(name)) return [undefined];
  if (!isJsonObject(value)) return listOf(value).map((one) => pair(place, one));
  return Object.entries(value).flatMap(([inner, member]) => deepPairs(`${place}[${inner}]`, inner, member));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const all = (pairs: readonly (Pairs[number] | undefined)[]): Pairs | undefined =>
  pairs.every((one) => one !== undefined) ? pairs : undefined;

function pair(name: string, value: unknown): Pairs[number] | undefined {
  const text = scalarText(value);
  return text?.isWellFormed() && name.isWellFormed() ? [name, text] : undefined;
}

/** A scalar as it is written into a path or a query. @returns undefined for everything else */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  return typeof value === 'string' || isRawNumber(value) ? idText(value) : undefined;
}

/** Where a value on the wire comes from. */
export type ValueSource =
  | { readonly argument: string; readonly orNull?: true }
  | { readonly constant: unknown }
  | { readonly members: readonly (readonly [wire: string, source: ValueSource])[] };

/** How one root field becomes one HTTP call. Made once, at start, from the schema's own call instructions. */
export interface CallPlan {
  readonly field: string;
  /** The kind of the operation; every part that serves it switches on this. */
  readonly kind: OperationKind;
  /** Of the kinds `execute` and `rerun` only. */
  readonly start: StartMembers | undefined;
  readonly method: UpstreamCall['method'];
  /** The path template with its placeholders; a name for metrics. */
  readonly route: string;
  readonly path: readonly TemplatePiece[];
  readonly query: readonly (readonly [wire: string, source: ValueSource, style?: WireStyle])[];
  readonly body: ValueSource | undefined;
  readonly idempotent: boolean;
  /** Old names of arguments → the name that the plan uses. Decisions are made on the new ones. */
  readonly formerArguments: ReadonlyMap<string, string>;
  /** Of an answer that is not JSON. */
  readonly answer: AnswerForm | undefined;
  /** Every argument that the field has; others are a bug. */
  readonly argumentNames: ReadonlySet<string>;
  /** Arguments that hold catalog paths: always in normal form, several segments in a path. */
  readonly catalogPaths: ReadonlySet<string>;
  /** Arguments that hold execution ids: decimal, at most 64 bits. */
  readonly executionIds: ReadonlySet<string>;
  /** What values of arguments are within; a value outside is refused, never changed. */
  readonly bounds: ReadonlyMap<string, ArgumentBounds>;
}

type Args = Readonly<Record<string, unknown>>;

/**
 * The call that a plan makes of coerced arguments: a new object, which the caller may complete. Absent and null arguments are
 * left out of query and body. Every call for a caller is made here, whatever its entrance, so the names that are the gateway's in
 * a workload are refused here.
 * @throws ERR_REQUEST_INVALID for an argument that its place cannot hold, ERR_INTERNAL for an unknown one
 */
export function callFor(plan: CallPlan, args: Args): Mutable<UpstreamCall> {
  for (const name of Object.keys(args)) {
    if (!plan.argumentNames.has(name)) throw new GatewayError('ERR_INTERNAL', 'an argument is not part of the call');
  }
  const checked = checkedArgs(plan, args);
  // Member by member, as in all that runs for every start: each spread costs as much as all of these.
  const { method, idempotent, route, answer } = plan;
  const body = plan.body === undefined ? undefined : (resolveSource(plan.body, checked) ?? {});
  if (isStart(plan.kind) || (plan.executionIds.size > 0 && !idempotent)) assertNoControlNames(body);
  const query = queryOf(plan, checked);
  const call: Mutable<UpstreamCall> = { method, path: pathOf(plan, checked), idempotent, route };
  if (query.length > 0) call.query = query;
  if (body !== undefined) call.body = body;
  if (answer !== undefined && answer !== 'empty') call.answer = answer;
  return call;
}

/** Ids in canonical form, catalog paths in normal form, values within their bounds. */
function checkedArgs(plan: CallPlan, args: Args): Args {
  let checked: Args = args;
  for (const name of plan.executionIds) {
    if (present(args[name])) checked = { ...checked, [name]: parseExecutionId(args[name]) ?? refuse(name) };
  }
  for (const name of plan.catalogPaths) {
    const value = args[name];
    if (present(value) && (typeof value !== 'string' || parsePlaybookPath(value) === undefined)) refuse(name);
  }
  for (const [name, bounds] of plan.bounds) {
    const problem = boundsProblem(name, bounds, args[name]);
    if (problem !== undefined) throw new GatewayError('ERR_REQUEST_INVALID', problem);
  }
  return checked;
}

/**
 * Why a value is not within the bounds of its argument.
 * @param name as the caller knows it
 * @returns undefined for an absent value, and for one that is not a scalar: its place refuses it
 */
export function boundsProblem(name: string, bounds: ArgumentBounds, value: unknown): string | undefined {
  const text = scalarText(value);
  return text === undefined || isWithin(bounds, text) ? undefined : `${name} must be ${boundsText(bounds)}`;
}

function pathOf(plan: CallPlan, args: Args): string {
  let path = '';
  for (const piece of plan.path) path += pathText(plan, piece, args);
  return path;
}

function pathText(plan: CallPlan, piece: TemplatePiece, args: Args): string {
  if ('text' in piece) return piece.text;
  const { argument } = piece;
  const encode = plan.catalogPaths.has(argument) ? encodeCatalogPath : encodeSegment;
  const value = args[argument];
  const texts = (Array.isArray(value) ? value : [value]).map((one) => encode(scalarText(one) ?? refuse(argument)));
  return texts.length > 0 && !texts.includes(undefined) ? texts.join(',') : refuse(argument);
}

function queryOf(plan: CallPlan, args: Args): (readonly [string, string])[] {
  return plan.query.flatMap(([wire, source, style]) => {
    const value = resolveSource(source, args);
    if (!present(value)) return [];
    return queryPairs(wire, value, style) ?? refuse('argument' in source ? source.argument : wire);
  });
}

function resolveSource(source: ValueSource, args: Args): unknown {
  if ('constant' in source) return source.constant;
  if ('argument' in source) return args[source.argument] ?? (source.orNull === true ? null : undefined);
  const members: Record<string, unknown> = {};
  for (const [wire, member] of source.members) {
    const value = resolveSource(member, args);
    if (value !== undefined) setMember(members, wire, value);
  }
  return members;
}

const present = (value: unknown): boolean => value !== undefined && value !== null;

function refuse(argument: string): never {
  throw new GatewayError('ERR_REQUEST_INVALID', `the argument "${argument}" is invalid`);
}

/**
 * Text as one path segment: every text stays a single segment.
 * @returns undefined for what cannot be one: empty, `.`, `..`, text that is not valid Unicode.
 */
function encodeSegment(text: string): string | undefined {
  if (text === '' || text === '.' || text === '..' || !text.isWellFormed()) return undefined;
  return encodeURIComponent(text);
}

/** A catalog path as encoded segments joined by `/`. @returns undefined when it is not in normal form. */
function encodeCatalogPath(text: string): string | undefined {
  const path = parsePlaybookPath(text);
  if (path === undefined) return undefined;
  const segments = path.split('/').map(encodeSegment);
  return segments.includes(undefined) ? undefined : segments.join('/');
}

/** How NoETL takes the calls that the gateway makes for itself: starting auth playbooks, looking at executions. */
export interface OwnPaths {
  /** Where playbooks are started. */
  readonly execute: string;
  readonly members: StartMembers;
  /** Where executions are listed; each has its own path below. */
  readonly executions: string;
}

/** Where NoETL has always had them. */
export const usualPaths: OwnPaths = {
  execute: '/api/execute',
  members: usualStartMembers,
  executions: '/api/executions',
};

/** Taken from the open operations, which follow NoETL's document; else the paths that NoETL has always had. */
export function ownPathsOf(plans: Iterable<CallPlan>): OwnPaths {
  let own = usualPaths;
  for (const { kind, route, path, start } of plans) {
    if (kind === 'execute' && start !== undefined && path.length === 1)
      own = { ...own, execute: route, members: start };
    if (kind === 'execution') own = { ...own, executions: folderOf(path) ?? own.executions };
  }
  return own;
}

/** The part before the id, without the slash: `/api/executions` of `/api/executions/{args.id}`. */
function folderOf([first, ...rest]: CallPlan['path']): string | undefined {
  return first !== undefined && 'text' in first && rest.length === 1 ? first.text.slice(0, -1) : undefined;
}
