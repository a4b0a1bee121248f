import { type AnyRow, type GatewayConfig, isGatewayRow, readMembers } from '../../gateway/config/gateway-config.ts';
import type { Operation, OperationArgument } from '../../plugins/operation.ts';
import { isProtocolField } from '../../plugins/protocol-field.ts';
import type { GatewayLock } from './gateway-lock.ts';
import { fullTypeOf, namedType, wireOf } from './meaning.ts';

export type Names = Pick<GatewayLock, 'names' | 'types'>;

/** A row whose answer and arguments the document shapes, with the types that it leads to. */
export interface RowView {
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
export function rowViews(operations: readonly Operation[], names: Names, config: GatewayConfig): readonly RowView[] {
  return operations.flatMap((operation) => {
    const row = config.operations[operation.field];
    const isShaped = row !== undefined && !isGatewayRow(row) && !isProtocolField(operation.field);
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
export const isInput = (place: string): boolean => /^[^.]+\.args\./.test(place);

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
