import { Kind, parse, type TypeNode } from 'graphql';
import * as v from 'valibot';
import { type AccessRule, onExecution } from '../../plugins/noetl-auth/access/access-rule.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';
import { withFormerNames } from './former-names.ts';
import type { AnyRow, AnyUpstreamRow, ArgumentOptions, GatewayConfig } from './gateway-config.ts';
import { isGatewayRow, readMembers } from './gateway-config.ts';

/** Members by name → their types in SDL: `{ query: 'String!', stops: 'Int = 0' }`. */
type Members = Readonly<Record<string, string>>;

/** What an action says of its playbook. */
export interface ActionOptions<Role extends string = string> {
  readonly description?: string;
  /** The variables that callers give; nothing else is sent. Left out: any JSON. */
  readonly input?: Members;
  /** What of the result callers get, checked against these types. Left out: the result as it is, JSON. */
  readonly output?: Members;
  /** Types that `input` and `output` name. */
  readonly types?: Readonly<Record<string, Members>>;
  /** The step whose result is the output, and the part of it, for example `data.rows`. Left out: the result of the run. */
  readonly from?: { readonly step?: string; readonly path?: string };
  /** The version that runs. Left out: the newest. */
  readonly version?: number;
  /** Seconds that a call may wait for the end. Left out: `executions.maxWaitSecs`. */
  readonly wait?: number;
  /** Who may start it. Left out: who may execute the playbook. */
  readonly access?: AccessRule<Role>;
  /** Also a tool of `/mcp`, and one that reads its runs. */
  readonly mcp?: boolean;
}

/** A playbook that is an operation of its own, by the name that it has in `actions`. */
export interface Action<Role extends string = string> extends ActionOptions<Role> {
  readonly playbook: string;
}

/**
 * A playbook as an operation with typed input and output: `mutation { searchFlights(input: …) { id status output { … } } }`,
 * `query { searchFlightsRun(id: …) { … } }` and `subscription { searchFlightsUpdates(id: …) { … } }`.
 * @param playbook its path in the catalog
 */
export const action = <const Role extends string>(
  playbook: string,
  options: ActionOptions<Role> = {},
): Action<Role> => ({ ...options, playbook });

/** What a row of an action is besides: which of its operations, and what its output is made of. */
export interface ActionRow {
  readonly part: 'start' | 'run' | 'updates';
  readonly playbook: string;
  /** SDL of the types that it needs. */
  readonly typeDefs: string;
  /** The field's arguments in SDL, and the name of the type that it answers with. */
  readonly input: string;
  readonly type: string;
  readonly from?: ActionOptions['from'];
  readonly wait?: number;
}

const isName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9_]*$/.test(text) && !text.startsWith('__');
const membersSchema = v.record(v.string(), v.string('must be a type in SDL, for example String!'));
const actionSchema = v.strictObject({
  playbook: v.pipe(
    v.string(),
    v.check((text) => parsePlaybookPath(text) !== undefined, 'must be a catalog path in normal form'),
  ),
  description: v.exactOptional(v.string()),
  input: v.exactOptional(membersSchema),
  output: v.exactOptional(membersSchema),
  types: v.exactOptional(v.record(v.string(), membersSchema)),
  from: v.exactOptional(v.strictObject({ step: v.exactOptional(v.string()), path: v.exactOptional(v.string()) })),
  version: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1, 'must be 1 or more'))),
  wait: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3600, 'must be 3600 at most'))),
  access: v.exactOptional(v.looseObject({ kind: v.string() })),
  mcp: v.exactOptional(v.boolean()),
});

/** Scalars that members of an action can have beside types of its own. */
const scalars = new Set([
  ...['String', 'Int', 'Float', 'Boolean', 'ID', 'JSON', 'BigInt', 'BigDecimal'],
  ...['Date', 'DateTime', 'EmailAddress', 'URL', 'UUID'],
]);

/** Everything that is wrong with the actions of a config, one line each. */
export function actionProblems({ actions, operations }: Pick<GatewayConfig, 'actions' | 'operations'>): string[] {
  return Object.entries(actions ?? {}).flatMap(([name, given]) => {
    const place = `actions.${name}`;
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) return [`${place}: must be a name in camelCase`];
    const read = v.safeParse(actionSchema, given);
    if (!read.success) {
      return read.issues.map((issue) => `${[place, v.getDotPath(issue)].filter(Boolean).join('.')}: ${issue.message}`);
    }
    const taken = fieldsOf(name).filter((field) => operations[field] !== undefined && !('action' in operations[field]));
    return [
      ...taken.map((field) => `${place}: operations.${field} has that name; choose another one`),
      ...typeProblems(place, read.output as Action),
      ...sharedTypeProblems(name, actions ?? {}),
    ];
  });
}

/** Types are by name in the whole schema: two actions may share one, and not mean different ones. */
function sharedTypeProblems(name: string, actions: NonNullable<GatewayConfig['actions']>): string[] {
  const before = Object.entries(actions).slice(0, Object.keys(actions).indexOf(name));
  return Object.entries(actions[name]?.types ?? {}).flatMap(([type, members]) => {
    const isOther = (given: Action | null | undefined) => {
      const own = given?.types?.[type];
      return own !== undefined && JSON.stringify(own) !== JSON.stringify(members);
    };
    const other = before.find(([, given]) => isOther(given));
    return other === undefined
      ? []
      : [`actions.${name}.types.${type}: actions.${other[0]} has a type of that name with other members`];
  });
}

function typeProblems(place: string, { input, output, types = {} }: Action): string[] {
  const sections = [
    ...(input === undefined ? [] : [['input', input] as const]),
    ...(output === undefined ? [] : [['output', output] as const]),
    ...Object.entries(types).map(([type, members]) => [`types.${type}`, members] as const),
  ];
  const known = new Set([...scalars, ...Object.keys(types)]);
  const named = Object.keys(types).flatMap((type) =>
    scalars.has(type) || !/^[A-Z][A-Za-z0-9]*$/.test(type)
      ? [`${place}.types.${type}: must be a free name in PascalCase`]
      : [],
  );
  const ofMembers = sections.flatMap(([section, members]) => {
    const at = `${place}.${section}`;
    if (Object.keys(members).length === 0 && section !== 'input') return [`${at}: has no members; leave it out`];
    return Object.entries(members).flatMap(([member, text]) => {
      const type = isName(member) ? typeNamed(member, text) : undefined;
      if (type === undefined) return [`${at}.${member}: must be a type in SDL, for example String! or [Int!]`];
      return known.has(type) ? [] : [`${at}.${member}: there is no type ${type}; types are ${[...known].join(', ')}`];
    });
  });
  const inputs = reached(input, types);
  const both = [...reached(output, types)].filter((type) => inputs.has(type));
  return [
    ...named,
    ...ofMembers,
    ...both.map((type) => `${place}.types.${type}: is of the input and of the output; give each a type of its own`),
  ];
}

/** The named type of a member, or undefined for what is no type. Nothing but one member can be written in the text. */
function typeNamed(member: string, text: string): string | undefined {
  try {
    const [definition, ...more] = parse(`input X {\n${member}: ${text}\n}`, { noLocation: true }).definitions;
    if (definition?.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION || more.length > 0) return undefined;
    const [field, ...others] = definition.fields ?? [];
    return field === undefined || others.length > 0 || field.directives?.length ? undefined : namedOf(field.type);
  } catch {
    return undefined;
  }
}

const namedOf = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : namedOf(type.type));

/** The types of its own that members lead to. */
function reached(members: Members | undefined, types: NonNullable<ActionOptions['types']>): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [members ?? {}];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const [member, text] of Object.entries(next)) {
      const type = typeNamed(member, text) ?? '';
      const own = Object.hasOwn(types, type) ? types[type] : undefined;
      if (own === undefined || found.has(type)) continue;
      found.add(type);
      queue.push(own);
    }
  }
  return found;
}

const fieldsOf = (name: string): readonly string[] => [name, `${name}Run`, `${name}Updates`];

/**
 * A config in which each action has its rows: one that starts the playbook, one that reads a run of it, and one that
 * streams its changes. Done twice it changes nothing. What is wrong with an action is said by {@link actionProblems}.
 */
export function withActions<C extends Pick<GatewayConfig, 'operations' | 'actions'>>(config: C): C {
  if (config.actions === undefined || actionProblems(config).length > 0) return config;
  const missing = Object.entries(config.actions).filter(([name]) => config.operations[name] === undefined);
  if (missing.length === 0) return config;
  const rows = missing.flatMap(([name, given]) => rowsOf(name, given, config.operations as Record<string, AnyRow>));
  return { ...config, operations: { ...config.operations, ...Object.fromEntries(rows) } };
}

/** A config with every row that other entries stand for: those of actions, and those of former names. */
export const withDerivedRows = <C extends Pick<GatewayConfig, 'operations' | 'actions'>>(config: C): C =>
  withFormerNames(withActions(config));

function rowsOf(name: string, given: Action, operations: Readonly<Record<string, AnyRow>>) {
  const { playbook, description, access, from, wait, version, mcp } = given;
  const [start, run, updates] = fieldsOf(name) as [string, string, string];
  const type = `${pascal(name)}Run`;
  const shared = { playbook, typeDefs: typeDefsOf(name, given), type, ...(from !== undefined && { from }) };
  const execute = upstreamRow(operations['executePlaybook']);
  const read = upstreamRow(operations['execution']);
  const wires = startWires(execute);
  const hasInput = given.input === undefined || Object.keys(given.input).length > 0;
  const rows: readonly (readonly [string, AnyRow])[] = [
    [
      start,
      {
        upstream: execute?.upstream ?? 'POST /api/execute',
        description: description ?? `Starts ${playbook}.`,
        access: access ?? { kind: 'path', permission: 'execute', path: playbook },
        args: {
          ...wires.others,
          [wires.playbook]: { constant: playbook },
          ...(hasInput ? { [wires.workload]: { name: 'input', description: 'The variables.' } } : {}),
          ...(version === undefined ? {} : { version: { constant: version } }),
        },
        ...(execute?.fields !== undefined && { fields: execute.fields }),
        ...(mcp === true && { mcp }),
        action: { ...shared, part: 'start', input: inputSdl(name, given), ...(wait !== undefined && { wait }) },
      },
    ],
    [
      run,
      {
        upstream: read?.upstream ?? 'GET /api/executions/{execution_id}',
        description: `One run of ${start}. Null when it does not exist or you may not see it.`,
        access: onExecution('view', 'id'),
        ...(mcp === true && { mcp }),
        action: { ...shared, part: 'run', input: 'id: ID!' },
      },
    ],
    [
      updates,
      {
        gateway: 'subscription',
        sdl: `${updates}("Id of the run." id: ID!): ${type}`,
        description: `Each change of one run of ${start}, then its end.`,
        access: onExecution('view', 'id'),
        watch: 'execution',
        action: { ...shared, part: 'updates', input: 'id: ID!' },
      },
    ],
  ];
  return rows;
}

const upstreamRow = (row: AnyRow | undefined): AnyUpstreamRow | undefined =>
  row === undefined || isGatewayRow(row) ? undefined : row;

/** What `executePlaybook` calls the parts of a start on the wire; its constants are sent with an action, too. */
function startWires(row: AnyUpstreamRow | undefined) {
  const named = Object.entries(readMembers<string | ArgumentOptions>(row?.args).named);
  const nameOf = (options: string | ArgumentOptions | boolean) =>
    typeof options === 'object' ? options.name : options;
  const wireOf = (name: string, usual: string) => named.find(([, options]) => nameOf(options) === name)?.[0] ?? usual;
  const others = named.filter(([, options]) => typeof options === 'object' && 'constant' in options);
  return {
    playbook: wireOf('name', 'path'),
    workload: wireOf('variables', 'workload'),
    others: Object.fromEntries(others) as Readonly<Record<string, ArgumentOptions>>,
  };
}

const pascal = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;

function inputSdl(name: string, { input }: Action): string {
  if (input === undefined) return 'input: JSON';
  if (Object.keys(input).length === 0) return '';
  const isRequired = Object.values(input).some((text) => /!\s*$/.test(text));
  return `input: ${pascal(name)}Input${isRequired ? '!' : ''}`;
}

function typeDefsOf(name: string, { playbook, input, output, types = {} }: Action): string {
  const members = (of: Members) => Object.entries(of).map(([member, text]) => `  ${member}: ${text}`);
  const block = (kind: 'input' | 'type', type: string, of: Members) =>
    `${kind} ${type} {\n${members(of).join('\n')}\n}`;
  const inputs = reached(input, types);
  const outputs = reached(output, types);
  const outputType = output === undefined ? 'JSON' : `${pascal(name)}Output`;
  const custom = [
    ...new Set(Object.values({ ...types, input: input ?? {}, output: output ?? {} }).flatMap(Object.entries)),
  ]
    .map(([member, text]) => typeNamed(member, text) ?? '')
    .filter((type) => scalars.has(type) && !['String', 'Int', 'Float', 'Boolean', 'ID', 'JSON'].includes(type));
  return [
    ...[...new Set(custom)].sort().map((type) => `scalar ${type}`),
    ...(input === undefined || Object.keys(input).length === 0 ? [] : [block('input', `${pascal(name)}Input`, input)]),
    ...(output === undefined ? [] : [block('type', outputType, output)]),
    ...[...inputs].map((type) => block('input', type, types[type] ?? {})),
    ...[...outputs].map((type) => block('type', type, types[type] ?? {})),
    runType(`${pascal(name)}Run`, outputType, playbook),
  ].join('\n');
}

const runType = (type: string, output: string, playbook: string): string => `"A run of ${playbook}."
type ${type} {
  id: ID!
  "RUNNING, COMPLETED, FAILED or CANCELLED."
  status: String!
  "What the playbook produced, when it has completed."
  output: ${output}
  "Why it failed."
  failure: ExecutionFailure
  "Steps in the order of their start, all of them or those that are named."
  steps(names: [String!]): [ExecutionStep!]
  "Version of the playbook."
  version: Int
  startedAt: String
  "Null while it runs."
  finishedAt: String
}`;
