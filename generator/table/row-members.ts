import { type AnyUpstreamRow, type ArgumentOptions, readMembers } from '../../gateway/config/gateway-config.ts';
import type { OperationArgument } from '../../plugins/operation.ts';
import { gatewayBounds } from '../../plugins/operation-kind.ts';
import type { DocumentedShape, ShapeArgument } from '../document/operation-shape.ts';
import { isDescription } from '../lock/new-members.ts';
import { camelCase, escapeName, isPublicName, nearest } from '../openapi/names.ts';
import { deprecatedUpstream, type OpenApiDocument, rowOf } from '../openapi/open-api.ts';
import type { OperationMeaning } from './operation-meaning.ts';

/** Where what is wrong is noted, and whether the document's own words are shown. */
export interface Findings {
  readonly problems: string[];
  readonly notes: string[];
  readonly keepsProse: boolean;
}

/** A row with the operation of the document that it opens. */
export interface JoinedRow extends Findings {
  readonly field: string;
  /** `operations.<field>`, for messages. */
  readonly place: string;
  readonly row: AnyUpstreamRow;
  readonly shape: DocumentedShape;
  readonly meaning: OperationMeaning;
}

type ArgumentRow = string | boolean | ArgumentOptions | undefined;

/**
 * The arguments that a row offers, hides or fixes: everything that the document has, in its order. One without a name
 * in the result is not in the schema.
 */
export function rowArguments(joined: JoinedRow): readonly OperationArgument[] {
  const { place, row, shape, problems } = joined;
  const { rest, named: rows } = readMembers<string | ArgumentOptions>(row.args);
  const wires = shape.args.map((arg) => arg.wire);
  const paths = shape.args.filter((arg) => arg.in === 'path');
  const known = new Map<string, ArgumentRow>(Object.entries(rows));
  for (const wire of Object.keys(rows)) {
    if (wires.includes(wire)) continue;
    // A path argument may be called by the config's own template, `{id}` where the document has `{execution_id}`.
    const alias = pathAlias(row.upstream, wire);
    const target = alias === undefined ? undefined : paths[alias];
    if (target !== undefined) known.set(target.wire, rows[wire]);
    else {
      noteUnknown(
        joined,
        rows[wire],
        `${place}.args.${wire}: ${shape.key} has no such argument${nearest(wire, wires)}`,
      );
    }
  }
  // What the upstream requires stays offered: hiding it would make a call that always fails.
  const unnamed = (arg: ShapeArgument) => (rest === 'closed' && !arg.required ? false : undefined);
  const args = shape.args.map((arg) => readArgument(joined, arg, known.get(arg.wire) ?? unnamed(arg)));
  // The option names the argument of the path or query first; a member of the body that is called the same follows it.
  const first = new Map([...args].reverse().map((arg) => [arg.wire, arg]));
  const isChosen = (arg: OperationArgument): boolean =>
    optionsOf(known.get(arg.wire)).name !== undefined && first.get(arg.wire) === arg;
  return uniqueNames(place, args, isChosen, problems);
}

/** Words about an argument of another release do no harm; what renames, hides or fixes one would, unless it is meant. */
function noteUnknown({ problems, notes }: Findings, row: ArgumentRow, unknown: string): void {
  if (optionsOf(row).optional === true) notes.push(`${unknown}; left out (optional)`);
  else (isDescription(row) ? notes : problems).push(unknown);
}

function readArgument(
  { place, problems, keepsProse, meaning }: JoinedRow,
  arg: ShapeArgument,
  row: ArgumentRow,
): OperationArgument {
  const options = optionsOf(row);
  const { constant, description, hidden, name: given } = options;
  const at = `${place}.args.${arg.wire}`;
  // A constant is not offered, so that no caller can set it.
  if (constant !== undefined) problems.push(...checkConstant(at, arg, constant));
  else if (hidden === true && arg.required) {
    problems.push(`${at}: the upstream requires it, so it can only be hidden with a constant`);
  }
  const name = hidden === true || constant !== undefined ? undefined : (given ?? defaultName(arg.wire));
  if (name !== undefined && !isPublicName(name))
    problems.push(`${at}: GraphQL cannot have an argument named “${name}”`);
  return {
    wire: arg.wire,
    in: arg.in,
    name,
    constant,
    description: description ?? (keepsProse ? arg.description : undefined),
    ...lifeOf(at, arg, options, problems),
    ...formOf(arg, constant),
    ...boundsOf(arg, meaning),
  };
}

const formOf = (arg: ShapeArgument, constant: unknown): Pick<OperationArgument, 'style' | 'nullWhenAbsent'> => ({
  ...(arg.style === undefined ? {} : { style: arg.style }),
  ...(arg.nullWhenAbsent === true && constant === undefined ? { nullWhenAbsent: true } : {}),
});

/** Those of the document, or of the gateway where it makes the pages of a list. */
function boundsOf({ wire, bounds }: ShapeArgument, { kind }: OperationMeaning): Pick<OperationArgument, 'bounds'> {
  const found = gatewayBounds[kind]?.[wire] ?? bounds;
  return found === undefined ? {} : { bounds: found };
}

/** A required argument cannot be deprecated: GraphQL would ask for it and advise against it. */
function lifeOf(
  at: string,
  arg: ShapeArgument,
  { deprecated, formerNames }: ArgumentOptions,
  problems: string[],
): Pick<OperationArgument, 'deprecated' | 'formerNames'> {
  if (deprecated !== undefined && arg.required) problems.push(`${at}.deprecated: NoETL requires the argument`);
  if (formerNames !== undefined && arg.in === 'path')
    problems.push(`${at}.formerNames: a part of the path has one name`);
  const reason = deprecated ?? (arg.deprecated === true && !arg.required ? deprecatedUpstream : undefined);
  return {
    ...(reason === undefined ? {} : { deprecated: reason }),
    ...(formerNames === undefined ? {} : { formerNames }),
  };
}

export function optionsOf(row: ArgumentRow): ArgumentOptions {
  if (typeof row === 'string') return { name: row };
  if (row === false) return { hidden: true };
  return row === true ? {} : (row ?? {});
}

const defaultName = (wire: string): string => {
  const name = camelCase(wire);
  return isPublicName(name) ? name : escapeName(wire);
};

function checkConstant(at: string, arg: ShapeArgument, constant: unknown): string[] {
  if (arg.in !== 'body' && typeof constant === 'object')
    return [`${at}: a constant of the ${arg.in} is text, a number or a boolean`];
  if (
    arg.in === 'path' &&
    (typeof constant !== 'string' || !/^[A-Za-z0-9._~-]+$/.test(constant) || /^\.\.?$/.test(constant))
  ) {
    return [`${at}: a constant of the path is one segment of letters, digits, “-”, “.”, “_”, “~”`];
  }
  // `{args.` begins a placeholder of the call instructions, which the server would fill in.
  return JSON.stringify(constant)?.includes('{args.') ? [`${at}: a constant cannot hold “{args.”`] : [];
}

/** The place that a name has among the placeholders of the config's own template. */
function pathAlias(upstream: string, name: string): number | undefined {
  const index = [...upstream.matchAll(/\{([^{}]*)\}/g)].findIndex(([, placeholder]) => placeholder === name);
  return index < 0 ? undefined : index;
}

/**
 * A name that the config did not choose gives way when it is taken: `bodyX` for a member of the body, else the wire's
 * own spelling. Two chosen names that meet are a problem.
 */
function uniqueNames(
  place: string,
  args: readonly OperationArgument[],
  isChosen: (arg: OperationArgument) => boolean,
  problems: string[],
): readonly OperationArgument[] {
  const usedNames = new Map(args.filter(isChosen).map((arg) => [arg.name, arg]));
  return args.map((arg) => {
    if (arg.name === undefined || usedNames.get(arg.name) === arg) return arg;
    const free = isChosen(arg) ? undefined : freeName(arg.name, arg, usedNames);
    if (free === undefined) {
      problems.push(
        `${place}.args.${arg.wire}: the name ${arg.name} is already that of ${usedNames.get(arg.name)?.wire}; give one of them another`,
      );
      return arg;
    }
    usedNames.set(free, arg);
    return free === arg.name ? arg : { ...arg, name: free };
  });
}

function freeName(
  name: string,
  arg: OperationArgument,
  usedNames: ReadonlyMap<string | undefined, OperationArgument>,
): string | undefined {
  const inBody = arg.in === 'body' && usedNames.get(name)?.in !== 'body' ? [camelCase(`body_${name}`)] : [];
  return [name, ...inBody, escapeName(arg.wire)].find((candidate) => !usedNames.has(candidate));
}

/**
 * The names of response fields in a row: wire name (`items.name` for nested ones) → public names, an empty list when hidden.
 * Fields that are not in the result keep their default name.
 */
export function rowFields(
  { place, row, shape, problems }: JoinedRow,
  document: OpenApiDocument,
): Readonly<Record<string, readonly string[]>> {
  const { rest, named } = readMembers<string | readonly string[]>(row.fields);
  const fields: Record<string, readonly string[]> = rest === 'closed' ? hidden(shape.fields, Object.keys(named)) : {};
  for (const [wire, setting] of Object.entries(named)) {
    if (shape.fields.includes(wire)) fields[wire] = publicNames(`${place}.fields.${wire}`, setting, wire, problems);
    else
      problems.push(
        `${place}.fields.${wire}: the answer of ${shape.key} has no such field${nearest(wire, shape.fields)}`,
      );
  }
  const own = Object.keys(rowOf(document, shape.answer)?.properties ?? {});
  // GraphQL has no type without fields.
  if (own.length > 0 && own.every((name) => fields[name]?.length === 0)) {
    problems.push(`${place}.fields: nothing is left of the answer of ${shape.key}`);
  }
  return fields;
}

/**
 * What a list of fields leaves out. `items.name` opens `items`, and of its fields only those that are listed; `items`
 * alone opens all of them.
 */
function hidden(fields: readonly string[], listed: readonly string[]): Record<string, readonly string[]> {
  const outer = new Set(listed.filter((name) => name.includes('.')).map(outerOf));
  const isOpen = (field: string): boolean => {
    if (listed.includes(field) || outer.has(field)) return true;
    return field.includes('.') && listed.includes(outerOf(field)) && !outer.has(outerOf(field));
  };
  return Object.fromEntries(
    fields.filter((field) => !isOpen(field) && !isBelowHidden(field, isOpen)).map((field) => [field, []]),
  );
}

const outerOf = (field: string): string => field.slice(0, field.indexOf('.'));

/** A field of a type that the row does not show at all does not concern this row. */
const isBelowHidden = (field: string, isOpen: (field: string) => boolean): boolean =>
  field.includes('.') && !isOpen(outerOf(field));

function publicNames(
  at: string,
  setting: string | readonly string[] | boolean,
  wire: string,
  problems: string[],
): readonly string[] {
  if (typeof setting === 'boolean') return setting ? [defaultName(wire.slice(wire.indexOf('.') + 1))] : [];
  const names = typeof setting === 'string' ? [setting] : setting;
  for (const name of names.filter((candidate) => !isPublicName(candidate))) {
    problems.push(`${at}: GraphQL cannot have a field named “${name}”`);
  }
  return names;
}
