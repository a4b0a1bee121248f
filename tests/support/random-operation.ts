import fc from 'fast-check';

/**
 * Random GraphQL documents over the schema of `plugin-gateway.ts`, kept as plain data, and their text. What they run is
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
  readonly name: 'executePlaybook' | 'cancelExecution' | 'playbook' | 'workerPools' | 'special' | 'unruled' | 'shut';
  readonly value: Value;
  readonly aliased: boolean;
}

export interface RandomDocument {
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

function value(texts: readonly string[], variables: readonly string[]): fc.Arbitrary<Value> {
  return fc.oneof(
    fc.constantFrom(...texts).map((text) => ({ kind: 'literal', value: text }) as const),
    fc.constantFrom(...variables).map((name) => ({ kind: 'variable', name }) as const),
  );
}

const absent = fc.constant({ kind: 'absent' } as const);
const useOf = <N extends FieldUse['name']>(name: N, values: fc.Arbitrary<Value>) =>
  fc.record({ name: fc.constant(name), value: values, aliased: fc.boolean() });

const fieldUses = {
  query: fc.oneof(
    { weight: 4, arbitrary: useOf('playbook', fc.oneof(value(somePaths, pathVariables), absent)) },
    useOf('workerPools', absent),
    useOf('special', absent),
    useOf('unruled', absent),
    useOf('shut', absent),
  ),
  mutation: fc.oneof(
    { weight: 3, arbitrary: useOf('executePlaybook', value(somePaths, pathVariables)) },
    useOf('cancelExecution', value(someIds, idVariables)),
  ),
};

function selections(
  root: 'query' | 'mutation',
  fragments: readonly number[],
  depth: number,
): fc.Arbitrary<readonly Selection[]> {
  const field = fc.record({ kind: fc.constant('field' as const), field: fieldUses[root], conditions });
  const options: fc.Arbitrary<Selection>[] = [field, field];
  if (fragments.length > 0) {
    options.push(
      fc.record({ kind: fc.constant('spread' as const), fragment: fc.constantFrom(...fragments), conditions }),
    );
  }
  if (depth > 0) {
    const inside = selections(root, fragments, depth - 1);
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

export const randomDocument: fc.Arbitrary<RandomDocument> = fc
  .constantFrom('query' as const, 'mutation' as const)
  .chain((root) =>
    fc.record({
      root: fc.constant(root),
      operations: fc.array(selections(root, [0, 1, 2], 2), { minLength: 1, maxLength: 2 }),
      fragments: fc.tuple(selections(root, [1, 2], 1), selections(root, [2], 1), selections(root, [], 1)),
      variables: fc.record({
        ...Object.fromEntries(pathVariables.map((name) => [name, textVariable(['String!', 'String'], somePaths)])),
        ...Object.fromEntries(idVariables.map((name) => [name, textVariable(['ID!', 'ID'], someIds)])),
        ...Object.fromEntries(flagVariables.map((name) => [name, flagVariable])),
      }),
    }),
  );

/** The request that a document makes: its text, the operation to run and the variables as they are sent. */
export function requestOf(document: RandomDocument): {
  query: string;
  operationName: string;
  variables: Record<string, unknown>;
} {
  const used = new Set(document.operations.flatMap((operation) => [...fragmentsIn(document, operation)]));
  const operations = document.operations.map((operation, n) => operationText(document, operation, n));
  const fragments = [...used].map(
    (n) => `fragment F${n} on ${typeOf(document)} ${setText(document, document.fragments[n] ?? [])}`,
  );
  const sent = Object.entries(document.variables).filter(([, { sent }]) => sent !== undefined);
  return {
    query: [...operations, ...fragments].join('\n'),
    operationName: 'Op0',
    variables: Object.fromEntries(sent.map(([name, variable]) => [name, variable.sent])),
  };
}

const typeOf = ({ root }: RandomDocument) => (root === 'query' ? 'Query' : 'Mutation');

function operationText(document: RandomDocument, operation: readonly Selection[], n: number): string {
  const names = [...variablesIn(document, operation)];
  const declared = names.map((name) => {
    const { type, fallback } = document.variables[name] as Variable;
    return `$${name}: ${type}${fallback === undefined ? '' : ` = ${JSON.stringify(fallback)}`}`;
  });
  const head = declared.length === 0 ? '' : `(${declared.join(', ')})`;
  return `${document.root} Op${n}${head} ${setText(document, operation)}`;
}

function setText(document: RandomDocument, set: readonly Selection[]): string {
  const one = (selection: Selection): string => {
    const directives = selection.conditions
      .map(({ directive, on }) => ` @${directive}(if: ${typeof on === 'boolean' ? on : `$${on.variable}`})`)
      .join('');
    switch (selection.kind) {
      case 'field':
        return fieldText(selection.field, directives);
      case 'spread':
        return `...F${selection.fragment}${directives}`;
      case 'inline':
        return `...${selection.typed ? ` on ${typeOf(document)}` : ''}${directives} ${setText(document, selection.inside)}`;
    }
  };
  return `{ ${set.map(one).join(' ')} }`;
}

const argumentNames: Partial<Record<FieldUse['name'], string>> = {
  executePlaybook: 'name',
  cancelExecution: 'id',
  playbook: 'path',
};
const subfields: Partial<Record<FieldUse['name'], string>> = {
  executePlaybook: '{ id }',
  cancelExecution: '{ id }',
  playbook: '{ path }',
};

function fieldText(field: FieldUse, directives: string): string {
  const { name, value: given } = field;
  const text =
    given.kind === 'literal' ? JSON.stringify(given.value) : given.kind === 'variable' ? `$${given.name}` : '';
  const args = text === '' ? '' : `(${argumentNames[name]}: ${text})`;
  return `${keyOf(field)}: ${name}${args}${directives} ${subfields[name] ?? ''}`;
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

function fragmentsIn(document: RandomDocument, set: readonly Selection[]): Set<number> {
  return new Set([...walk(document, set)].flatMap((one) => (one.kind === 'spread' ? [one.fragment] : [])));
}

export function variablesIn(document: RandomDocument, set: readonly Selection[]): Set<string> {
  const names = [...walk(document, set)].flatMap((selection) => [
    ...selection.conditions.flatMap(({ on }) => (typeof on === 'boolean' ? [] : [on.variable])),
    ...(selection.kind === 'field' && selection.field.value.kind === 'variable' ? [selection.field.value.name] : []),
  ]);
  return new Set(names);
}
