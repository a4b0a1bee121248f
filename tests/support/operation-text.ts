import {
  type FieldUse,
  fragmentsIn,
  keyOf,
  type RandomDocument,
  type Selection,
  type UsableField,
  type Variable,
  variablesIn,
} from './random-operation.ts';

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
        return fieldText(document, selection.field, directives);
      case 'spread':
        return `...F${selection.fragment}${directives}`;
      case 'inline':
        return `...${selection.typed ? ` on ${typeOf(document)}` : ''}${directives} ${setText(document, selection.inside)}`;
    }
  };
  return `{ ${set.map(one).join(' ')} }`;
}

function fieldText({ usable }: RandomDocument, field: FieldUse, directives: string): string {
  const { name, value: given } = field;
  const { argument, subfields = '' } = usable[name] as UsableField;
  const text =
    given.kind === 'literal' ? JSON.stringify(given.value) : given.kind === 'variable' ? `$${given.name}` : '';
  const args = text === '' ? '' : `(${argument?.name}: ${text})`;
  return `${keyOf(field)}: ${name}${args}${directives} ${subfields}`;
}
