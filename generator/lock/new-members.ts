import { type AnyRow, type GatewayConfig, isGatewayRow, readMembers } from '../../gateway/config/gateway-config.ts';
import { hasOwnShape, type Operation, type OperationArgument } from '../../plugins/operation.ts';

import { nearest } from '../openapi/names.ts';
import { fullTypeOf, type GatewayLock, namedType, wireOf } from './gateway-lock.ts';

/** What a run of `generate` accepts, as `--accept` names it. */
export interface Acceptance {
  /** Names may change their meaning. */
  readonly changes: boolean;
  /**
   * New members to open: `executions` (all of a row), `executions.newField`, `executions.args.page`, `Type.newField`,
   * `*`.
   */
  readonly members: readonly string[];
}

/** Every new member stays closed, and every changed meaning stops the run. */
export const acceptNothing: Acceptance = { changes: false, members: [] };

/** A field, an argument or a member of an argument that the document has and that was not accepted. */
export interface NewMember {
  readonly kind: 'field' | 'argument' | 'member';
  /** What `--accept` takes for it, `executions.newField`; by the first root field that shows it. */
  readonly name: string;
  /** The same by the other root fields that show it: types are shared. */
  readonly also: readonly string[];
  /** The type that has it; undefined for an argument. */
  readonly type: string | undefined;
  /** Its name on the wire. */
  readonly wire: string;
  /** Its GraphQL type. */
  readonly is: string;
}

/** Whether a new member is accepted by one of its names. */
function isAccepted(member: NewMember, { members }: Acceptance): boolean {
  const names = namesOf(member);
  return members.some((accepted) => accepted === '*' || names.includes(accepted));
}

/** Everything that `--accept` may call a new member: its places, their rows, and the type's own name for it. */
function namesOf({ name, also, type }: NewMember): readonly string[] {
  const places = [name, ...also];
  const rows = places.map((place) => place.slice(0, place.indexOf('.')));
  return [...places, ...rows, ...(type === undefined ? [] : [`${type}.${name.slice(name.lastIndexOf('.') + 1)}`])];
}

/**
 * What was accepted and is nothing new: a typing error, or a second run. Names of rows are always known, so that a
 * script may accept a row again and again.
 * @returns one line each; empty: all of it is new
 */
export function unknownAcceptances(
  { members }: Acceptance,
  found: readonly NewMember[],
  rows: readonly string[],
): readonly string[] {
  const known = new Set(['*', ...rows, ...found.flatMap(namesOf)]);
  return members
    .filter((member) => !known.has(member))
    .map((member) => `--accept ${member}: there is nothing new of that name${nearest(member, known)}`);
}

/** What a run has opened and what it leaves closed, a line each, with the way to open it. */
export function newMemberLines({
  pending,
  opened,
}: {
  readonly pending: readonly NewMember[];
  readonly opened: readonly NewMember[];
}): readonly string[] {
  return [
    ...opened.map((member) => printable(`new, opened: ${member.name} (${memberWords(member)})`)),
    ...pending.map((member) => printable(`new, closed: ${member.name} (${memberWords(member)})`)),
    ...(pending.length === 0 ? [] : [howToOpen(pending)]),
  ];
}

/** `field duration_human: String; also as playbook.durationHuman`. */
export function memberWords({ kind, wire, is, also }: NewMember): string {
  return `${kind} ${wire}: ${is}${also.length === 0 ? '' : `; also as ${also.join(', ')}`}`;
}

function howToOpen(pending: readonly NewMember[]): string {
  const [first] = pending;
  const many = pending.length === 1 ? 'to open it' : 'to open one of them';
  return printable(`  ${many}: generate --accept ${first?.name}; to keep it closed without a word, hide it in its row`);
}

/** Names come from a foreign document, and a terminal obeys control characters. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');

/** A table in which what was not accepted is closed, and what that is. */
interface ClosedTable {
  readonly operations: readonly Operation[];
  /** Closed now, in the order of their names. */
  readonly pending: readonly NewMember[];
  /** Closed until this run, and open from now on. */
  readonly opened: readonly NewMember[];
}

/**
 * Closes what a document has added to operations and types that the lock knows: arguments, fields, members of
 * arguments. A row that is new opens what it has, unless it is one that the lock knows under a former name; so does one
 * that names the member, or has `'all'`. What the upstream requires of a caller stays offered, since a call without it
 * fails; `compareLock` reports it as a problem (ADR 0003).
 * @param names of the table with nothing closed.
 */
export function closeNew(
  lock: GatewayLock,
  names: Names,
  { operations, config, accept }: { operations: readonly Operation[]; config: GatewayConfig; accept: Acceptance },
): ClosedTable {
  const rows = rowViews(operations, names, config);
  const found = [...rows.flatMap((row) => newArguments(row, lock, names)), ...newMembers(rows, lock, names)];
  const { pending = [], opened = [] } = Object.groupBy(found, (one) =>
    isAccepted(one, accept) ? 'opened' : 'pending',
  );
  const closedArguments = new Set(pending.flatMap(({ kind, name }) => (kind === 'argument' ? [name] : [])));
  const reached = new Map(rows.map((row) => [row.operation.field, row.reached]));
  return {
    operations: operations.map((operation) => ({
      ...operation,
      args: operation.args.map((arg) =>
        closedArguments.has(`${operation.field}.args.${arg.name}`) ? { ...arg, name: undefined } : arg,
      ),
      ...closedMembers(reached.get(operation.field), pending),
    })),
    pending: pending.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    opened,
  };
}

function closedMembers(
  reached: RowView['reached'] | undefined,
  pending: readonly NewMember[],
): Pick<Operation, 'closed'> {
  const closed = pending.flatMap(({ type, wire }) => (reached?.has(type ?? '') ? [`${type}.${wire}`] : []));
  return closed.length === 0 ? {} : { closed: [...new Set(closed)].sort() };
}

function newArguments(
  { operation, opensArgument, formerNames }: RowView,
  lock: GatewayLock,
  names: Names,
): readonly NewMember[] {
  const { field } = operation;
  // A row under another name is the same row: it must not open what was closed under the first one.
  const [old] = [field, ...formerNames].flatMap((name) => lock.names[name] ?? []);
  const now = names.names[field];
  if (old === undefined || now === undefined) return [];
  const known = new Set(Object.values(old.args).map(wireOf));
  return operation.args.flatMap((argument): NewMember[] => {
    const { name, wire } = argument;
    const meaning = name === undefined ? undefined : now.args[name];
    // Compared by the name on the wire: another public name is the config's own choice.
    if (meaning === undefined || meaning.endsWith('!') || opensArgument(argument) || known.has(wireOf(meaning)))
      return [];
    return [
      { kind: 'argument', name: `${field}.args.${name}`, also: [], type: undefined, wire, is: fullTypeOf(meaning) },
    ];
  });
}

/**
 * New fields and members of types that the lock knows; a type that is new itself is reached by something that was
 * accepted.
 */
function newMembers(rows: readonly RowView[], lock: GatewayLock, names: Names): readonly NewMember[] {
  // Once for all types: with 10,000 operations each type would else look at each row.
  const rowsByType = new Map<string, RowView[]>();
  for (const row of rows) {
    for (const type of row.reached.keys()) {
      const found = rowsByType.get(type);
      if (found === undefined) rowsByType.set(type, [row]);
      else found.push(row);
    }
  }
  return Object.entries(names.types).flatMap(([type, members]) => {
    const before = lock.types[type];
    const leading = rowsByType.get(type) ?? [];
    const places = leading.flatMap(({ reached }) => reached.get(type) ?? []).toSorted();
    const [place] = places;
    if (before === undefined || place === undefined) return [];
    const known = new Set(Object.values(before).map(wireOf));
    return Object.entries(members).flatMap(([name, meaning]): NewMember[] => {
      const wire = wireOf(meaning);
      const isOpen = known.has(wire) || leading.some((row) => row.opensMember(type, wire));
      if (isOpen || (isInput(place) && meaning.endsWith('!'))) return [];
      const [first = '', ...also] = places.map((one) => `${one}.${name}`);
      const kind = isInput(place) ? 'member' : 'field';
      return [{ kind, name: first, also, type, wire, is: fullTypeOf(meaning) }];
    });
  });
}

type Names = Pick<GatewayLock, 'names' | 'types'>;

/** A row whose answer and arguments the document shapes, with the types that it leads to. */
interface RowView {
  readonly operation: Operation;
  /** Type → the way to it: `executions`, `playbooks.entries`, `search.args.filter`. */
  readonly reached: ReadonlyMap<string, string>;
  /** Whether the row itself opens a member, by its name or by `'all'`. */
  readonly opensMember: (type: string, wire: string) => boolean;
  readonly opensArgument: (argument: OperationArgument) => boolean;
  /** Names that the field had: under another name a row is not new. */
  readonly formerNames: readonly string[];
}

/** Views of every row but those whose shape the protocol or the config itself defines. */
function rowViews(operations: readonly Operation[], names: Names, config: GatewayConfig): readonly RowView[] {
  return operations.flatMap((operation) => {
    const row = config.operations[operation.field];
    const isShaped = row !== undefined && !isGatewayRow(row) && !hasOwnShape(operation);
    if (!isShaped || names.names[operation.field] === undefined) return [];
    const [args, fields] = [readMembers<unknown>(row.args), readMembers<unknown>(row.fields)];
    const reached = reachedFrom(operation.field, names);
    const named = new Set(Object.keys(fields.named).flatMap((path) => locate(operation.field, path, names) ?? []));
    return [
      {
        operation,
        reached,
        opensMember: (type, wire) => {
          const place = reached.get(type);
          if (place === undefined) return false;
          const isOpen = isInput(place) ? args.rest === 'open' : fields.rest === 'open';
          return isOpen || named.has(`${type}.${wire}`);
        },
        opensArgument: (argument) => opensArgument(row, operation, argument),
        formerNames: Object.keys(row.formerNames ?? {}),
      },
    ];
  });
}

/** Whether a row opens an argument, whatever was open before. */
export function opensArgument(
  row: AnyRow,
  operation: Operation,
  { wire, name, in: where }: OperationArgument,
): boolean {
  if (isGatewayRow(row)) return false;
  const { rest, named } = readMembers<unknown>(row.args);
  return (
    // Without this argument there is no address to call.
    where === 'path' ||
    rest === 'open' ||
    (Object.hasOwn(named, wire) && !isDescription(named[wire])) ||
    name === ruledArgument(operation)
  );
}

/** Words about an argument do not open it. */
export const isDescription = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).every((key) => key === 'description' || key === 'deprecated');

/** The argument that the access rule is on. */
const ruledArgument = ({ access }: Operation): string | undefined =>
  'argument' in access ? access.argument : undefined;

/** Whether a place is that of an argument, or of something in one. */
const isInput = (place: string): boolean => /^[^.]+\.args\./.test(place);

function reachedFrom(field: string, { names, types }: Names): ReadonlyMap<string, string> {
  const entry = names[field];
  const reached = new Map<string, string>();
  const queue = [
    { place: field, meaning: `: ${entry?.answer ?? ''}` },
    ...Object.entries(entry?.args ?? {}).map(([name, meaning]) => ({ place: `${field}.args.${name}`, meaning })),
  ];
  // Shortest ways first.
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { place } = next;
    const type = namedType(fullTypeOf(next.meaning));
    const members = types[type];
    if (members === undefined || reached.has(type)) continue;
    reached.set(type, place);
    queue.push(...Object.entries(members).map(([name, meaning]) => ({ place: `${place}.${name}`, meaning })));
  }
  return reached;
}

/**
 * `Type.wire` of what a row calls `wire` or `outer.wire`. Rows name members of the answer, and of the objects in it,
 * one level deep.
 */
function locate(field: string, path: string, { names, types }: Names): string | undefined {
  const type = namedType(names[field]?.answer ?? '');
  const members = Object.values(types[type] ?? {});
  if (members.some((meaning) => wireOf(meaning) === path)) return `${type}.${path}`;
  const outer = members.find((meaning) => path.startsWith(`${wireOf(meaning)}.`));
  return outer && `${namedType(fullTypeOf(outer))}.${path.slice(wireOf(outer).length + 1)}`;
}
