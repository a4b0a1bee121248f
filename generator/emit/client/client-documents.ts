/** A node of a parsed GraphQL document, as far as its text needs it. */
interface Node {
  readonly kind: string;
  readonly [part: string]: unknown;
}

/** The text of a document: a text, a text with types, or a parsed document. */
export function textOf(document: unknown): string {
  if (typeof document === 'string' || document instanceof String) return String(document);
  const { loc } = document as { readonly loc?: { readonly source?: { readonly body?: string } } };
  return loc?.source?.body ?? print(document as Node);
}

/** Whether it may be sent again: a query, and no mutation. */
export const isRead = (text: string): boolean =>
  !/(?:^|[}\s])(?:mutation|subscription)\b/.test(text.replace(/"(?:[^"\\]|\\.)*"|#.*/g, ''));

const name = (node: unknown): string => (node as { name?: { value: string } }).name?.value ?? '';

/** Executable documents in one line. Definitions of types print nothing. */
function print(node: unknown): string {
  if (node === undefined || node === null) return '';
  const { kind, ...part } = node as Node;
  const list = (key: string, between = ' '): string => ((part[key] ?? []) as unknown[]).map(print).join(between);
  const all = (key: string, open: string, close: string): string => (list(key) === '' ? '' : open + list(key) + close);
  const own = name(node);
  switch (kind) {
    case 'Document':
      return list('definitions');
    case 'OperationDefinition':
      return `${part['operation']} ${own}${all('variableDefinitions', '(', ')')}${list('directives')}${print(part['selectionSet'])}`;
    case 'VariableDefinition':
      return `${print(part['variable'])}:${print(part['type'])}${part['defaultValue'] ? `=${print(part['defaultValue'])}` : ''}`;
    case 'SelectionSet':
      return `{${list('selections')}}`;
    case 'Field': {
      const alias = part['alias'] ? `${(part['alias'] as { value: string }).value}:` : '';
      return `${alias}${own}${all('arguments', '(', ')')}${list('directives')}${print(part['selectionSet'])}`;
    }
    case 'FragmentSpread':
      return `...${own}${list('directives')}`;
    case 'InlineFragment':
      return `...${condition(part)}${list('directives')}${print(part['selectionSet'])}`;
    case 'FragmentDefinition':
      return `fragment ${own}${condition(part)}${list('directives')}${print(part['selectionSet'])}`;
    case 'Directive':
      return ` @${own}${all('arguments', '(', ')')}`;
    case 'Argument':
    case 'ObjectField':
      return `${own}:${print(part['value'])}`;
    default:
      return printValue(kind, own, part, list);
  }
}

const condition = (part: Omit<Node, 'kind'>): string =>
  part['typeCondition'] ? ` on ${name(part['typeCondition'])}` : '';

function printValue(
  kind: string,
  own: string,
  part: Omit<Node, 'kind'>,
  list: (key: string, between?: string) => string,
): string {
  switch (kind) {
    case 'Variable':
      return `$${own}`;
    case 'NamedType':
      return own;
    case 'ListType':
      return `[${print(part['type'])}]`;
    case 'NonNullType':
      return `${print(part['type'])}!`;
    case 'StringValue':
      return JSON.stringify(part['value']);
    case 'ListValue':
      return `[${list('values')}]`;
    case 'ObjectValue':
      return `{${list('fields')}}`;
    case 'NullValue':
      return 'null';
    default:
      return String(part['value'] ?? '');
  }
}
