import fc from 'fast-check';

/**
 * Random GraphQL documents over the root fields of a schema, kept as plain data, and their text. What they run is
 * read from the same data by `running-fields.ts`.
 */

/** A value in a document: written out, or by a variable that may have a default and may have been sent. */
export type Value =
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'absent' };

export interface Variable {
  readonly type: 'String!' | 'String' | 'ID!' | 'ID' | 'Boolean!';
  readonly fallback: string | boolean | undefined;
  readonly sent: string | boolean | null | undefined;
}

export interface Condition {
  readonly directive: 'skip' | 'include';
  readonly on: boolean | { readonly variable: string };
}

export type Selection =
  | { readonly kind: 'field'; readonly field: FieldUse; readonly conditions: readonly Condition[] }
  | {
      readonly kind: 'inline';
      readonly typed: boolean;
      readonly conditions: readonly Condition[];
      readonly inside: readonly Selection[];
    }
  | { readonly kind: 'spread'; readonly fragment: number; readonly conditions: readonly Condition[] };

export interface FieldUse {
  readonly name: string;
  readonly value: Value;
  readonly aliased: boolean;
}

/** A root field that documents may use: its argument that holds a path or an id, and what is asked of its answer. */
export interface UsableField {
  readonly root: 'query' | 'mutation';
  readonly argument?: {
    readonly name: string;
    readonly holds: 'path' | 'id';
    /** The schema's default. */
    readonly fallback?: string;
    /** May be left out or be null. */
    readonly nullable?: boolean;
  };
  readonly subfields?: string;
  /** How often it is used beside the others. Default 1. */
  readonly weight?: number;
}
export type UsableFields = Readonly<Record<string, UsableField>>;

export interface RandomDocument {
  readonly usable: UsableFields;
  readonly root: 'query' | 'mutation';
  /** The first one runs. */
  readonly operations: readonly (readonly Selection[])[];
  readonly fragments: readonly (readonly Selection[])[];
  readonly variables: Readonly<Record<string, Variable>>;
}

export const somePaths = [
  'data/a',
  'data/b',
  'system/x',
  'data/secret/a',
  'api_integration/auth0/auth0_login',
  'data//a',
  'data/../system/x',
  ' data/a',
];
const someIds = ['1', '2', '3', '9', 'exec-1', '..'];

const pathVariables = ['p', 'q', 'r'];
const idVariables = ['i', 'j'];
const flagVariables = ['f', 'g'];

const conditions = fc
  .array(
    fc.record({
      directive: fc.constantFrom<Condition['directive']>('skip', 'include'),
      on: fc.oneof(
        fc.boolean(),
        fc.constantFrom(...flagVariables).map((variable) => ({ variable })),
      ),
    }),
    { maxLength: 2 },
  )
  .map((list) => list.filter((one, at) => list.findIndex(({ directive }) => directive === one.directive) === at));

const absent = fc.constant({ kind: 'absent' } as const);

function valueFor({ argument }: UsableField): fc.Arbitrary<Value> {
  if (argument === undefined) return absent;
  const [texts, variables] = argument.holds === 'path' ? [somePaths, pathVariables] : [someIds, idVariables];
  const given = fc.oneof(
    fc.constantFrom(...texts).map((text) => ({ kind: 'literal', value: text }) as const),
    fc.constantFrom(...variables).map((name) => ({ kind: 'variable', name }) as const),
  );
  return mayBeAbsent(argument) ? fc.oneof({ weight: 3, arbitrary: given }, absent) : given;
}

export const mayBeAbsent = ({ fallback, nullable }: NonNullable<UsableField['argument']>): boolean =>
  fallback !== undefined || nullable === true;

function fieldUse(usable: UsableFields, root: 'query' | 'mutation'): fc.Arbitrary<FieldUse> {
  const ofRoot = Object.entries(usable).filter(([, field]) => field.root === root);
  return fc.oneof(
    ...ofRoot.map(([name, field]) => ({
      weight: field.weight ?? 1,
      arbitrary: fc.record({ name: fc.constant(name), value: valueFor(field), aliased: fc.boolean() }),
    })),
  );
}

function selections(
  field: fc.Arbitrary<FieldUse>,
  fragments: readonly number[],
  depth: number,
): fc.Arbitrary<readonly Selection[]> {
  const one = fc.record({ kind: fc.constant('field' as const), field, conditions });
  const options: fc.Arbitrary<Selection>[] = [one, one];
  if (fragments.length > 0) {
    options.push(
      fc.record({ kind: fc.constant('spread' as const), fragment: fc.constantFrom(...fragments), conditions }),
    );
  }
  if (depth > 0) {
    const inside = selections(field, fragments, depth - 1);
    options.push(fc.record({ kind: fc.constant('inline' as const), typed: fc.boolean(), conditions, inside }));
  }
  return fc.array(fc.oneof(...options), { minLength: 1, maxLength: 3 });
}

function textVariable(types: readonly Variable['type'][], texts: readonly string[]): fc.Arbitrary<Variable> {
  return fc.record({
    type: fc.constantFrom(...types),
    fallback: fc.option(fc.constantFrom(...texts), { nil: undefined }),
    sent: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<string | null | undefined>(...texts) },
      fc.constantFrom(null, undefined),
    ),
  });
}
const flagVariable: fc.Arbitrary<Variable> = fc.record({
  type: fc.constant('Boolean!' as const),
  fallback: fc.option(fc.boolean(), { nil: undefined }),
  sent: fc.oneof({ weight: 4, arbitrary: fc.boolean() }, fc.constant(undefined)),
});

/** Documents that use those fields. */
export function randomDocument(usable: UsableFields): fc.Arbitrary<RandomDocument> {
  const variables = fc.record({
    ...Object.fromEntries(pathVariables.map((name) => [name, textVariable(['String!', 'String'], somePaths)])),
    ...Object.fromEntries(idVariables.map((name) => [name, textVariable(['ID!', 'ID'], someIds)])),
    ...Object.fromEntries(flagVariables.map((name) => [name, flagVariable])),
  });
  const documentOf = (root: 'query' | 'mutation'): fc.Arbitrary<RandomDocument> => {
    const field = fieldUse(usable, root);
    const fragments = fc.tuple(selections(field, [1, 2], 1), selections(field, [2], 1), selections(field, [], 1));
    const operations = fc.array(selections(field, [0, 1, 2], 2), { minLength: 1, maxLength: 2 });
    return fc.record({ usable: fc.constant(usable), root: fc.constant(root), operations, fragments, variables });
  };
  return fc.oneof(documentOf('query'), documentOf('mutation'));
}

/** One key for one use of a field, so that equal uses merge and different ones do not clash. */
export function keyOf({ name, value: given, aliased }: FieldUse): string {
  const text = given.kind === 'literal' ? given.value : given.kind === 'variable' ? `$${given.name}` : '';
  return `${aliased ? 'a' : 'b'}_${name}_${[...text].map((char) => char.charCodeAt(0)).join('_')}_${given.kind}`;
}

export function* walk(document: RandomDocument, set: readonly Selection[]): Generator<Selection> {
  for (const selection of set) {
    yield selection;
    if (selection.kind === 'inline') yield* walk(document, selection.inside);
    if (selection.kind === 'spread') yield* walk(document, document.fragments[selection.fragment] ?? []);
  }
}

export function fragmentsIn(document: RandomDocument, set: readonly Selection[]): Set<number> {
  return new Set([...walk(document, set)].flatMap((one) => (one.kind === 'spread' ? [one.fragment] : [])));
}

export function variablesIn(document: RandomDocument, set: readonly Selection[]): Set<string> {
  const names = [...walk(document, set)].flatMap((selection) => [
    ...selection.conditions.flatMap(({ on }) => (typeof on === 'boolean' ? [] : [on.variable])),
    ...(selection.kind === 'field' && selection.field.value.kind === 'variable' ? [selection.field.value.name] : []),
  ]);
  return new Set(names);
}
