import {
  buildASTSchema,
  type GraphQLField,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isObjectType,
  isUnionType,
  parse,
  printType,
  visit,
} from 'graphql';

const maxDepth = 3;

/** The operation that asks for everything that a root field answers, three levels deep, with the arguments that are given. */
export function queryOf(
  sdl: string,
  name: string,
  args: Readonly<Record<string, unknown>>,
): { readonly query: string; readonly variables: Readonly<Record<string, unknown>>; readonly signature: string } {
  // Without descriptions of arguments: a printed field is then one line.
  const document = visit(parse(sdl), { InputValueDefinition: (node) => ({ ...node, description: undefined }) });
  const schema = buildASTSchema(document, { assumeValidSDL: true });
  const isQuery = schema.getQueryType()?.getFields()[name] !== undefined;
  const root = isQuery ? schema.getQueryType() : schema.getMutationType();
  const field = root?.getFields()[name];
  if (root == null || field === undefined) throw new Error(`the schema has no field ${name}`);
  const given = field.args.filter((arg) => args[arg.name] !== undefined);
  const declared = given.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = given.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const query = `${isQuery ? 'query' : 'mutation'}${inBrackets(declared)} { ${name}${inBrackets(passed)}${selection(field.type, 0)} }`;
  const variables = Object.fromEntries(given.map((arg) => [arg.name, args[arg.name]]));
  const signature = printType(root)
    .split('\n')
    .find((line) => new RegExp(`^ {2}${name}\\b`).test(line));
  return { query, variables, signature: (signature ?? '').trim() };
}

const inBrackets = (text: string): string => (text === '' ? '' : `(${text})`);

function selection(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isUnionType(named)) {
    const parts = named.getTypes().map((one) => `... on ${one.name}${selection(one, depth)}`);
    return ` { __typename ${parts.join(' ')} }`;
  }
  const fields = isObjectType(named) ? Object.values(named.getFields()) : [];
  const asked = fields.filter((field) => depth < maxDepth || isLeafType(getNamedType(field.type)));
  return ` { ${asked.map((field: GraphQLField<unknown, unknown>) => `${field.name}${selection(field.type, depth + 1)}`).join(' ')} }`;
}
