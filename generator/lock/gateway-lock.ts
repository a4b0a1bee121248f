import {
  type DocumentNode,
  type FieldDefinitionNode,
  type InputObjectTypeDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  print,
} from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import type { Operation } from '../../plugins/operation.ts';
import { canonicalJson, sha256 } from '../canonical-text.ts';
import { comparable, operationTemplate } from '../diff/operation-contract.ts';
import { dropProse } from '../document/prose.ts';
import { headerText } from '../emit/emitter.ts';
import { namedTypeOf } from '../mesh/shape-definition.ts';
import { reachableSchemas } from '../openapi/map-schemas.ts';
import { isRecord, mapOperations, type OpenApiDocument } from '../openapi/open-api.ts';

export const gatewayLockPath = 'gateway.lock';

/** What a public name was bound to when it was last generated. */
export interface LockedName {
  /** `METHOD /path`, or `gateway`. */
  readonly operation: string;
  /** What the operation does (`plugins/operation-kind.ts`); absent in locks of earlier versions. */
  readonly kind?: string;
  /** Argument → `<where> <wire name>: <type>`. */
  readonly args: Readonly<Record<string, string>>;
  /** The answer's type. */
  readonly answer: string;
  /** Former names, of the field itself (`''`) and of its arguments → until when each works. */
  readonly until?: Readonly<Record<string, string>>;
  /** SHA-256 over arguments, answer and every type that they lead to. */
  readonly shape: string;
}

/** `gateway.lock`: the public names and what they mean, and the files that `generate` has made. */
export interface GatewayLock {
  readonly names: Readonly<Record<string, LockedName>>;
  /** Type → field → `<wire name>: <type>`, for every type of an answer or an argument. */
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Paths, in order. */
  readonly files: readonly string[];
}

/** Before the first generation: all that the rows open is new, and so it is open. */
export const emptyLock: GatewayLock = { names: {}, types: {}, files: [] };

/**
 * The lock's text as a value. No lock at all is the empty one: everything that the rows open is pinned as it is.
 * @throws ERR_POLICY_INVALID when it cannot be read: taken for empty, it would open what is not accepted.
 */
export function parseGatewayLock(text: string | undefined): GatewayLock {
  if (text === undefined) return emptyLock;
  const value = parsed(text);
  const { names, types, files = [] } = isRecord(value) ? value : {};
  if (!isRecord(names) || !isRecord(types) || !Array.isArray(files)) {
    throw new GatewayError('ERR_POLICY_INVALID', `${gatewayLockPath} cannot be read.`, {
      problems: [
        `${gatewayLockPath}: it pins what is open; resolve its merge conflict or check it out again`,
        'to pin everything that the rows open, delete it and generate',
      ],
    });
  }
  return {
    names: names as GatewayLock['names'],
    types: types as GatewayLock['types'],
    files: files.filter((path) => typeof path === 'string'),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The lock's text, in canonical form, so that a review shows a line for each change. JSON has no comments, so the
 * header is a member.
 */
export const printGatewayLock = (lock: GatewayLock): string => canonicalJson({ '//': headerText, ...lock });

/** A meaning as the lock writes it: `<where it is on the wire>: <GraphQL type>`. */
export const wireOf = (meaning: string): string => meaning.slice(0, meaning.lastIndexOf(': '));

/** The type with its marks: `[ID!]!`. */
export const fullTypeOf = (meaning: string): string => meaning.slice(meaning.lastIndexOf(': ') + 2);

/** A type without its non-nulls, which loosen and tighten without a change of meaning. */
export const bareType = (type: string): string => type.replaceAll('!', '');

export const typeOf = (meaning: string): string => bareType(fullTypeOf(meaning));

/** The type's name, without lists and non-nulls. */
export const namedType = (type: string): string => type.replaceAll(/[[\]!]/g, '');

type Field = FieldDefinitionNode | InputValueDefinitionNode;
type Shaped = ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode;

/**
 * What every public name of a shaped schema means. Fields of the protocol and of the gateway itself are among them.
 * @param sdl with call instructions: the names on the wire are read from them
 * @returns by field of a root type, and by type; a row whose field the schema lacks is left out
 */
export function lockNames(sdl: DocumentNode, operations: readonly Operation[]): Pick<GatewayLock, 'names' | 'types'> {
  const objects = new Map(
    sdl.definitions.filter(isShaped).map((definition) => [definition.name.value, definition] as const),
  );
  const roots = new Map(
    ['Query', 'Mutation', 'Subscription'].flatMap((root) =>
      (objects.get(root)?.fields ?? []).flatMap((field) =>
        field.kind === Kind.FIELD_DEFINITION ? [[field.name.value, field] as const] : [],
      ),
    ),
  );
  const types: Record<string, Record<string, string>> = {};
  const names: Record<string, LockedName> = {};
  for (const operation of operations) {
    const field = roots.get(operation.field);
    if (field === undefined) continue;
    const reached = reach(objects, field);
    for (const [name, type] of reached) types[name] = fieldsOf(type);
    names[operation.field] = lockName(operation, field, reached);
  }
  return { names, types };
}

function lockName(operation: Operation, field: FieldDefinitionNode, reached: ReadonlyMap<string, Shaped>): LockedName {
  const wires = new Map(
    operation.args.flatMap((arg) =>
      // A former name of an argument means the same on the wire.
      [arg.name, ...Object.keys(arg.formerNames ?? {})].map((name) => [name, `${arg.in} ${arg.wire}`] as const),
    ),
  );
  const args = Object.fromEntries(
    (field.arguments ?? []).map((arg) => [
      arg.name.value,
      // An argument without a place on the wire is answered by the gateway itself, `waitSeconds` for example.
      `${wires.get(arg.name.value) ?? 'gateway'}: ${print(arg.type)}`,
    ]),
  );
  const promised = {
    ...(operation.until === undefined ? {} : { '': operation.until }),
    ...Object.assign({}, ...operation.args.map(({ formerNames = {} }) => formerNames)),
  } as Readonly<Record<string, string>>;
  const answer = print(field.type);
  // The hash is over types too, so that a change below an answer changes the lock's line of the field.
  const closure = Object.fromEntries([...reached].map(([name, type]) => [name, fieldsOf(type)]));
  return {
    operation: operation.source.kind === 'upstream' ? operation.source.key : 'gateway',
    kind: operation.kind,
    args,
    answer,
    ...(Object.keys(promised).length === 0 ? {} : { until: promised }),
    shape: sha256(canonicalJson({ args, answer, closure })),
  };
}

const isShaped = (definition: DocumentNode['definitions'][number]): definition is Shaped =>
  definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION;

/** Every type that a root field answers with or takes. */
function reach(objects: ReadonlyMap<string, Shaped>, root: FieldDefinitionNode): ReadonlyMap<string, Shaped> {
  const found = new Map<string, Shaped>();
  const queue: Field[] = [root, ...(root.arguments ?? [])];
  for (let field = queue.pop(); field !== undefined; field = queue.pop()) {
    const name = namedTypeOf(field.type);
    const type = objects.get(name);
    if (type === undefined || found.has(name)) continue;
    found.set(name, type);
    queue.push(...(type.fields ?? []));
  }
  return found;
}

/** Types are shared, and printing is slow. */
const printed = new WeakMap<Shaped, Record<string, string>>();

function fieldsOf(type: Shaped): Record<string, string> {
  const known = printed.get(type);
  if (known !== undefined) return known;
  const fields = (type.fields ?? []).map(
    (field) => [field.name.value, `${wireNameOf(field)}: ${print(field.type)}`] as const,
  );
  const made: Record<string, string> = Object.fromEntries(fields);
  printed.set(type, made);
  return made;
}

/** The name on the wire, which `shape-schema.ts` has written into the directive; else the field's own. */
function wireNameOf(field: Field): string {
  const directive = field.directives?.find(({ name }) => name.value === 'resolveRootField');
  const argument = directive?.arguments?.find(({ name }) => name.value === 'field');
  return argument?.value.kind === Kind.STRING ? argument.value.value : field.name.value;
}

/** Where `generate` keeps what it saw of NoETL's API, so that the next run can report the changes. */
export const openRecordPath = 'openapi/noetl.open.json';

/**
 * The part of a document that open operations use, whole; of closed operations their keys. Without prose.
 * @param document as it was pulled
 * @param lock operations that were open count too: what became of them is reported in full.
 * @returns a document that `diff` compares like a pulled one
 */
export function openRecord(
  document: OpenApiDocument,
  operations: readonly Operation[],
  lock: Pick<GatewayLock, 'names'>,
): OpenApiDocument {
  const open = new Set([
    ...operations.flatMap(({ source }) => (source.kind === 'upstream' ? [operationTemplate(source.key)] : [])),
    ...Object.values(lock.names).map(({ operation }) => operationTemplate(operation)),
  ]);
  const whole = comparable(dropProse(document));
  const mapped = mapOperations(whole, ({ key, operation }) => (open.has(operationTemplate(key)) ? operation : {}));
  const paths = Object.fromEntries(
    Object.entries(mapped.paths).map(([path, item]) => [path, isRecord(item) ? item : {}]),
  );
  const { securitySchemes } = whole.components ?? {};
  return {
    openapi: document.openapi,
    info: whole.info ?? {},
    ...(whole['security'] === undefined ? {} : { security: whole['security'] }),
    ...(whole['servers'] === undefined ? {} : { servers: whole['servers'] }),
    paths,
    components: {
      schemas: reachableSchemas(whole, paths),
      ...(securitySchemes === undefined ? {} : { securitySchemes }),
    },
  };
}

/** JSON with the header as an extension, since a document has no other place for it. */
export const printOpenRecord = (record: OpenApiDocument): string =>
  canonicalJson({ 'x-generated': headerText, ...record });

/** @returns undefined when the file is missing or cannot be read: then nothing is compared. */
export function parseOpenRecord(text: string | undefined): OpenApiDocument | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    if (!isRecord(value) || !isRecord(value['paths'])) return undefined;
    const { 'x-generated': _, ...record } = value;
    return record as OpenApiDocument;
  } catch {
    return undefined;
  }
}
