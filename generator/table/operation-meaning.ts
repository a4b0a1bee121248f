import { isStart, type OperationKind, usualStartMembers } from '../../plugins/operation-kind.ts';
import type { DocumentedShape, ShapeArgument } from '../document/operation-shape.ts';
import { isRecord } from '../openapi/open-api.ts';
import { closedArea } from './never-public.ts';

/** What an operation of the document does, whatever the field that offers it is called. */
export interface OperationMeaning {
  readonly kind: OperationKind;
  /** Arguments that hold catalog paths. */
  readonly catalogPaths: readonly ShapeArgument[];
  /** Arguments that hold ids of executions. */
  readonly executionIds: readonly ShapeArgument[];
  /** For the kinds `execute` and `start`: the arguments that choose the playbook that is started. */
  readonly selectors: readonly ShapeArgument[];
}

/** Decides what an operation does. The only place that reads it from paths, arguments and answers. */
export function operationMeaning(shape: DocumentedShape): OperationMeaning {
  const view = viewOf(shape);
  const kind = (Object.keys(rules) as (keyof typeof rules)[]).find((candidate) => rules[candidate](view)) ?? 'plain';
  const { catalogPaths, executionIds } = view;
  const starts = isStart(kind);
  return { kind, catalogPaths, executionIds, selectors: starts ? selectorsOf(view) : [] };
}

/** A shape, with what the rules ask of it. All names are in snake_case. */
interface ShapeView {
  readonly shape: DocumentedShape;
  readonly isRead: boolean;
  /** The path's segments without `api` and a version; `{}` is a parameter. */
  readonly segments: readonly string[];
  readonly catalogPaths: readonly ShapeArgument[];
  readonly executionIds: readonly ShapeArgument[];
  /** Whether the path holds the id of an execution. */
  readonly namesExecution: boolean;
  readonly takes: ReadonlySet<string>;
  /** Members of the answer, or of its rows when it is a list. */
  readonly answers: ReadonlySet<string>;
  /** Members of the rows of a list, also of one in a member of the answer. */
  readonly rows: ReadonlySet<string>;
  readonly isList: boolean;
  readonly isUntyped: boolean;
  /** Not for anybody outside: what the operation does besides does not matter. */
  readonly isClosed: boolean;
}

function viewOf(shape: DocumentedShape): ShapeView {
  const { method, path, args, fields, answer } = shape;
  const segments = segmentsOf(path);
  const isList = isRecord(answer) && answer.items !== undefined;
  const nested = fields
    .filter((field) => field.includes('.'))
    .map((field) => snake(field.slice(field.indexOf('.') + 1)));
  const answers = new Set(fields.filter((field) => !field.includes('.')).map(snake));
  return {
    shape,
    isRead: method === 'GET',
    segments,
    catalogPaths: args.filter((arg) => isText(arg) && catalogPathName.test(snake(arg.wire))),
    executionIds: args.filter(
      ({ wire, in: place }) => executionIdName.test(snake(wire)) || (place === 'path' && isExecutionId(path, wire)),
    ),
    namesExecution: [...path.matchAll(/\{([^{}]*)\}/g)].some(([, wire = '']) => isExecutionId(path, wire)),
    takes: new Set(args.map(({ wire }) => snake(wire))),
    answers,
    rows: isList ? answers : new Set(nested),
    isList,
    isUntyped: fields.length === 0,
    isClosed: closedArea(method, path) !== undefined,
  };
}

const catalogPathName = /^(?:path|playbook|(?:\w+_)?playbook_path|(?:catalog|agent|mcp|target)_path)$/;
const executionIdName = /(?:^|_)execution_id$/;
/** Members that name the playbook, next to its path. */
const selectorNames = new Set(['catalog_id', 'playbook_id', 'playbook_name']);
/** Members that carry the input of a playbook. */
const inputNames = new Set([
  'workload',
  'workload_overrides',
  'variables',
  'vars',
  'input',
  'inputs',
  'params',
  'payload',
]);
/** Last segments of calls that start something, as NoETL spells them. */
const startVerbs = new Set([
  'execute',
  'run',
  'rerun',
  'start',
  'launch',
  'trigger',
  'invoke',
  'retry',
  'resume',
  'ai',
]);
/** Members of an answer that hold one object, whose id may be that of a new execution. */
const envelopes = new Set(['data', 'result', 'execution', 'run']);

/** Last segments of reads that are POSTs. */
const catalogReads = new Set(['list', 'resource', 'search', 'query']);

/** In this order; the first that fits decides. */
const rules = {
  workers: ({ segments, rows }) =>
    ['worker', 'workers'].some((name) => segments.includes(name)) || hasAll(rows, 'heartbeat', 'runtime'),
  plain: ({ isClosed }) => isClosed,
  cancel: ({ isRead, segments, namesExecution }) => !isRead && namesExecution && segments.at(-1) === 'cancel',
  execute: (view) => startsPlaybook(view) && hasUsualMembers(view),
  start: (view) => startsPlaybook(view),
  credentials: ({ isRead, segments }) => isRead && (segments[0] === 'credentials' || segments[0] === 'credential'),
  credentialWrite: ({ isRead, segments, takes, answers }) =>
    !isRead &&
    (['credentials', 'credential', 'secrets'].some((name) => segments.includes(name)) ||
      (takes.has('credential_type') && answers.has('credential_type'))),
  catalog: (view) => isCatalog(view) && listsEntries(view),
  catalogEntry: (view) => isCatalog(view) && readsEntry(view),
  catalogWrite: (view) => !view.isRead && isCatalog(view),
  bulk: ({ isRead, segments, executionIds, takes, answers }) =>
    !isRead &&
    (takes.has('execution_ids') ||
      answers.has('execution_ids') ||
      (segments.includes('executions') && executionIds.length === 0)),
  events: ({ isRead, segments, namesExecution }) => isRead && namesExecution && segments.at(-1) === 'events',
  status: ({ isRead, segments, namesExecution }) =>
    isRead && namesExecution && segments.at(-1) === 'status' && segments.at(-2) === '{}',
  execution: ({ isRead, segments, namesExecution, answers }) =>
    isRead &&
    namesExecution &&
    segments.at(-1) === '{}' &&
    (segments.at(-2) === 'executions' || (answers.has('status') && (answers.has('path') || answers.has('events')))),
  executions: ({ isRead, isUntyped, segments, executionIds, rows }) =>
    isRead &&
    executionIds.length === 0 &&
    (isUntyped
      ? segments.at(-1) === 'executions'
      : rows.has('execution_id') && (rows.has('path') || rows.has('status'))),
  dashboard: ({ isRead, segments, answers }) =>
    isRead && (answers.has('total_executions') || (segments.at(-2) === 'dashboard' && segments.at(-1) === 'stats')),
} as const satisfies Partial<Record<OperationKind, (view: ShapeView) => boolean>>;

/**
 * A call starts a playbook when it gives out an execution that was not named in it, when it takes a playbook and the
 * playbook's input, when it is addressed to a playbook by its path, or when it is one of NoETL's own that do.
 */
function startsPlaybook(view: ShapeView): boolean {
  const { shape, isRead, segments, takes, catalogPaths } = view;
  if (catalogPaths.length > 0 && [...inputNames].some((name) => takes.has(name))) return true;
  if (isRead) return false;
  return (
    givesOutExecution(view) ||
    (shape.method === 'POST' && catalogPaths.some(isInPath) && !segments.includes('catalog')) ||
    catalogPaths.some((arg) => snake(arg.wire).endsWith('_playbook_path')) ||
    (shape.method === 'POST' &&
      (segments[0] === 'mcp' || segments.includes('lifecycle') || startVerbs.has(segments.at(-1) ?? '')))
  );
}

function givesOutExecution({ shape, isList, takes, namesExecution }: ShapeView): boolean {
  if (isList) return false;
  // Of an execution that the path names, under whatever name, the answer repeats the id.
  const known = namesExecution ? new Set([...takes, 'execution_id']) : takes;
  return shape.fields.some((field) => {
    const [name = '', inner] = field.split('.').map(snake);
    if (inner === undefined) return isNewExecution(name, known);
    return (
      envelopes.has(name) && (isNewExecution(inner, known) || (name !== 'data' && name !== 'result' && inner === 'id'))
    );
  });
}

const isNewExecution = (name: string, takes: ReadonlySet<string>): boolean =>
  (name === 'run_id' || (executionIdName.test(name) && name !== 'parent_execution_id')) && !takes.has(name);

/** Whether a call is NoETL's plain way to start a playbook: path and workload in the body, the id in the answer. */
function hasUsualMembers({ shape, catalogPaths, isUntyped }: ShapeView): boolean {
  const inBody = (wire: string): boolean => shape.args.some((arg) => arg.in === 'body' && arg.wire === wire);
  return (
    !catalogPaths.some(isInPath) &&
    inBody(usualStartMembers.playbook) &&
    inBody(usualStartMembers.workload) &&
    (isUntyped || shape.fields.includes(usualStartMembers.execution))
  );
}

/** Where a playbook is named for the purpose, `…_playbook_path`, other paths are only what it works on. */
function selectorsOf({ shape, catalogPaths }: ShapeView): readonly ShapeArgument[] {
  const named = catalogPaths.filter((arg) => snake(arg.wire).endsWith('_playbook_path'));
  if (named.length > 0) return named;
  return shape.args.filter(
    (arg) =>
      catalogPaths.includes(arg) ||
      selectorNames.has(snake(arg.wire)) ||
      (shape.body === 'whole' && arg.in === 'body' && catalogPaths.length === 0),
  );
}

const isCatalog = ({ segments, answers, rows, takes }: ShapeView): boolean =>
  segments[0] === 'catalog' ||
  hasAll(answers, 'catalog_id', 'path', 'version') ||
  hasAll(rows, 'catalog_id', 'path', 'version') ||
  (takes.has('content') && takes.has('resource_type'));

function listsEntries(view: ShapeView): boolean {
  const { isUntyped, segments, rows } = view;
  if (!isCatalogRead(view) || rows.has('execution_id')) return false;
  return isUntyped ? segments.at(-1) === 'list' : rows.has('path') || segments.at(-1) === 'list';
}

const readsEntry = (view: ShapeView): boolean => isCatalogRead(view) && !view.answers.has('execution_id');

/** A POST in the catalog reads when it is one of NoETL's reads and takes no content. */
const isCatalogRead = ({ shape, isRead, segments, takes }: ShapeView): boolean =>
  isRead || (shape.method === 'POST' && catalogReads.has(segments.at(-1) ?? '') && !takes.has('content'));

function segmentsOf(path: string): readonly string[] {
  const segments = path.split('/').filter((segment) => segment !== '');
  while (segments[0] === 'api' || /^v\d+$/.test(segments[0] ?? '')) segments.shift();
  return segments.map((segment) => (segment.startsWith('{') ? '{}' : segment.toLowerCase()));
}

/** The segment after `/executions/` is an id, under any name of the parameter. */
const isExecutionId = (path: string, wire: string): boolean =>
  executionIdName.test(snake(wire)) || path.includes(`/executions/{${wire}}`);

const isInPath = (arg: ShapeArgument): boolean => arg.in === 'path';

/** Whether text can be the argument's value: a list of paths is not one path. */
function isText({ schema }: ShapeArgument): boolean {
  const type = isRecord(schema) ? schema.type : undefined;
  return type === undefined || type === 'string' || (Array.isArray(type) && type.includes('string'));
}

const hasAll = (names: ReadonlySet<string>, ...wanted: readonly string[]): boolean =>
  wanted.every((name) => names.has(name));

/** Most names are in that case already. */
const snake = (name: string): string =>
  /^[a-z0-9_]*$/.test(name)
    ? name.replaceAll(/_{2,}/g, '_')
    : name
        .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
        .replaceAll(/[^A-Za-z0-9]+/g, '_')
        .toLowerCase();
