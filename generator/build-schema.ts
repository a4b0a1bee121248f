import { buildASTSchema, type DocumentNode, type GraphQLSchema, validateSchema } from 'graphql';
import { withDerivedRows } from '../gateway/config/actions.ts';
import type { GatewayConfig } from '../gateway/config/gateway-config.ts';
import { GatewayError } from '../plugins/errors.ts';
import type { Operation } from '../plugins/operation.ts';
import { canonicalJson } from './canonical-text.ts';
import { compareLock, type Now } from './lock/compare-lock.ts';
import { emptyLock, type GatewayLock, lockNames } from './lock/gateway-lock.ts';
import { type Acceptance, acceptNothing, closeNew, type NewMember, unknownAcceptances } from './lock/new-members.ts';
import { meshDocument, meshFiles } from './mesh/mesh-config.ts';
import { type MeshCache, meshSchema } from './mesh/mesh-schema.ts';
import { protocolSdl } from './mesh/protocol-sdl.ts';
import { shapeSchema } from './mesh/shape-schema.ts';
import { type Normalised, normalise } from './normalise/normalise.ts';
import { structureRules } from './normalise/structure-rules.ts';
import { typeRules } from './normalise/type-rules.ts';
import type { OpenApiDocument } from './openapi/open-api.ts';
import { assertNoProblems, buildTable, type OperationsTable } from './table/build-table.ts';
import { nullableItemsOf, publicTypes, unknownTypeSettings } from './types/public-types.ts';

/** A document and a config, joined: the table, and the schema with its call instructions. */
export interface BuiltSchema {
  readonly operations: readonly Operation[];
  /**
   * Findings that stop nothing: of the table, of `schema.types`, and names of the lock that are gone. One line each.
   */
  readonly notes: readonly string[];
  /** How often each rule of the normal form found its habit. */
  readonly changes: Normalised['changes'];
  readonly schema: GraphQLSchema;
  readonly sdl: DocumentNode;
  /** What Mesh was given, by file name ({@link meshFiles}). */
  readonly sources: Readonly<Record<string, string>>;
  /** What every public name means now: the next lock. */
  readonly names: Pick<GatewayLock, 'names' | 'types'>;
  /** New in the document and closed, since it is not accepted. */
  readonly pending: readonly NewMember[];
  /** New in the document and accepted in this run. */
  readonly opened: readonly NewMember[];
}

export interface BuildOptions {
  /**
   * What was open before; new members of what it knows stay closed. Without it everything that the rows open is open.
   */
  readonly lock?: GatewayLock;
  readonly accept?: Acceptance;
  /** For former names. Default: all of them are still accepted. */
  readonly now?: Now;
  /** Receives each finished stage. */
  readonly onStage?: (name: string) => void;
  /** What Mesh has made before. Default: Mesh is always asked. */
  readonly meshCache?: MeshCache;
}

/**
 * What a schema is built of beside the document: the config, what was open before, and what is accepted of what is new.
 */
export interface BuildInput extends BuildOptions {
  readonly config: GatewayConfig;
}

/**
 * Makes the schema of a document as it was pulled and a config: {@link structure}, `buildTable`, {@link schemaOf}.
 * Without a lock in the options everything that the rows open is open.
 * @throws ERR_POLICY_INVALID with every problem of the table; what {@link schemaOf} throws.
 */
export async function buildSchema(
  document: OpenApiDocument,
  given: GatewayConfig,
  options: BuildOptions = {},
): Promise<BuiltSchema> {
  const config = withDerivedRows(given);
  const structured = structure(document);
  const table = buildTable(structured.document, config);
  assertNoProblems(table);
  return schemaOf(structured, table, { ...options, config });
}

/** The first half of the normal form, which the table is made of. */
export const structure = (document: OpenApiDocument): Normalised => normalise(document, structureRules);

/**
 * Makes the schema of a document after the structure rules, and of its table. The whole schema is compared with the
 * lock; when a part of it is new and not accepted, a second schema is made without that part.
 * @param table without problems
 * @throws ERR_POLICY_INVALID when the schema is not valid, or does not fit the lock; ERR_SPEC_UNSUPPORTED when Mesh
 * gives up.
 */
export async function schemaOf(
  structured: Normalised,
  table: OperationsTable,
  { config, lock = emptyLock, accept = acceptNothing, now, onStage = () => {}, meshCache }: BuildInput,
): Promise<BuiltSchema> {
  // Before Mesh is asked: its own error would name nothing of the config.
  assertQuery(table);
  const typed = normalise(structured.document, typeRules);
  onStage('normalise');
  const open = meshDocument(typed.document, table.operations);
  const types = publicTypes(open, config.schema);
  const rows = withNullableItems(typed.document, types, table.operations, config);
  const sources = meshSources(types, rows);
  // With everything that the rows open. Closing is a matter of shaping, so Mesh is asked once whatever is closed.
  const made = await meshSchema(rows, sources, meshCache);
  onStage('mesh');
  const whole = shapeSchema(made, rows);
  const wholeNames = lockNames(whole, rows);
  const notes = [
    ...(config.schema?.types === undefined ? [] : unknownTypeSettings(open, config.schema)),
    ...lockFindings(lock, wholeNames, accept, now),
  ];
  const { operations, pending, opened } = closeNew(lock, wholeNames, { operations: rows, config, accept });
  assertAcceptances(accept, [...pending, ...opened], rows);
  // `operations` marks what is not accepted, and this schema leaves it out.
  const sdl = pending.length === 0 ? whole : shapeSchema(made, operations);
  const schema = buildASTSchema(sdl, { assumeValidSDL: true });
  assertValid(schema);
  onStage('schema');
  return {
    operations,
    notes: [...table.notes, ...notes],
    changes: [...structured.changes, ...typed.changes],
    schema,
    sdl,
    // The files for Mesh's own commands show what is open and nothing more.
    sources:
      pending.length === 0
        ? sources
        : meshSources(publicTypes(meshDocument(typed.document, operations), config.schema), operations),
    names: pending.length === 0 ? wholeNames : lockNames(sdl, operations),
    pending,
    opened,
  };
}

/** GraphQL requires a query root (GraphQL specification, Root Operation Types). */
function assertQuery({ operations }: OperationsTable): void {
  if (operations.length === 0 || operations.some(({ root }) => root === 'query')) return;
  throw new GatewayError('ERR_POLICY_INVALID', 'The rows make no schema.', {
    problems: ['operations: GraphQL needs a query, and only mutations are open; open a read as well'],
  });
}

/**
 * @returns what is gone. @throws ERR_POLICY_INVALID when a name would change its meaning and the change is not accepted
 */
function lockFindings(
  lock: GatewayLock,
  names: BuiltSchema['names'],
  accept: Acceptance,
  now: Now | undefined,
): readonly string[] {
  const { problems, notes } = compareLock(lock, names, now);
  if (problems.length === 0 || accept.changes) return notes;
  throw new GatewayError('ERR_POLICY_INVALID', 'Public names would change their meaning.', {
    problems: [
      ...problems,
      'to accept the new meanings as they are: generate --accept, without a name (names and * open new parts only)',
    ],
  });
}

/**
 * What was accepted must be there: a typing error in `--accept` would else look like a success.
 * @throws ERR_POLICY_INVALID
 */
function assertAcceptances(accept: Acceptance, found: readonly NewMember[], operations: readonly Operation[]): void {
  const rows = operations.map(({ field }) => field);
  const problems = unknownAcceptances(accept, found, rows);
  if (problems.length === 0) return;
  throw new GatewayError('ERR_POLICY_INVALID', 'The document lacks what was accepted.', { problems });
}

/** Rows with the lists whose items may be null, which Mesh forgets. @param types those of all rows */
function withNullableItems(
  document: OpenApiDocument,
  types: OpenApiDocument,
  operations: readonly Operation[],
  { schema }: GatewayConfig,
): readonly Operation[] {
  if (nullableItemsOf(types).length === 0) return operations;
  // One document for each row, so that a row has the lists of the types that it leads to and of no others.
  return operations.map((operation) => {
    const nullableItems = nullableItemsOf(publicTypes(meshDocument(document, [operation]), schema));
    return nullableItems.length === 0 ? operation : { ...operation, nullableItems };
  });
}

/** @param types the document that Mesh's OpenAPI handler reads */
function meshSources(types: OpenApiDocument, operations: readonly Operation[]): Record<string, string> {
  const protocol = protocolSdl(operations);
  return {
    [meshFiles.document]: canonicalJson(types),
    ...(protocol === undefined ? {} : { [meshFiles.protocol]: protocol }),
  };
}

function assertValid(schema: GraphQLSchema): void {
  const errors = validateSchema(schema);
  if (errors.length === 0) return;
  throw new GatewayError('ERR_POLICY_INVALID', 'The schema is not valid.', {
    problems: errors.map((error) => error.message),
  });
}
