import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { Operation } from '../../plugins/operation.ts';
import { type Acceptance, isAccepted, type NewMember } from './acceptance.ts';
import type { GatewayLock } from './gateway-lock.ts';
import { fullTypeOf, wireOf } from './meaning.ts';
import { isInput, type Names, type RowView, rowViews } from './row-view.ts';

/** A table in which what was not accepted is closed, and what that is. */
export interface ClosedTable {
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
