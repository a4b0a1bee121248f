import { type CodeBlockWriter, type FunctionDeclarationStructure, StructureKind } from 'ts-morph';
import { GatewayError } from '../../../plugins/errors.ts';
import type { ContractSchema } from './contract.ts';
import { quote, typesOf, typeWithoutNull } from './schema-type.ts';

/** A check that follows the type check: an expression that is true for a wrong value, and what is wrong then. */
interface Check {
  readonly wrong: string;
  readonly message: string;
}

/** For each type the check that comes first: the others rely on it. */
const typeChecks: Readonly<Record<string, (name: string) => Check>> = {
  string: (name) => ({ wrong: `typeof ${name} !== 'string'`, message: 'must be text' }),
  boolean: (name) => ({ wrong: `typeof ${name} !== 'boolean'`, message: 'must be true or false' }),
  number: (name) => ({ wrong: `typeof ${name} !== 'number'`, message: 'must be a number' }),
  integer: (name) => ({
    wrong: `typeof ${name} !== 'number' || !Number.isSafeInteger(${name})`,
    message: 'must be a whole number',
  }),
};

/** Keywords that are checked, or do not restrict a value. */
const understood = new Set(['type', 'description', 'enum', 'minLength', 'maxLength', 'minimum', 'maximum']);

/**
 * The function that reads a request body: the typed body with the members of the contract and no others, or every
 * problem by the member's name. Values are never part of a problem: they may be tokens.
 * @throws ERR_SPEC_UNSUPPORTED for a keyword that would be left unchecked
 */
export function requestValidator(name: string, schema: ContractSchema): FunctionDeclarationStructure {
  const members = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required);
  for (const [member, one] of members) assertUnderstood(`${name}.${member}`, one);
  return {
    kind: StructureKind.Function,
    name: `parse${name}`,
    isExported: true,
    parameters: [{ name: 'body', type: 'unknown' }],
    returnType: `Parsed<${name}>`,
    docs: [`Reads a {@link ${name}}; members that the contract does not name are dropped.`],
    statements: [
      `if (!isObject(body)) return { problems: ['the body must be a JSON object'] };`,
      'const problems: string[] = [];',
      (writer) => writer.write(`const { ${members.map(([member]) => member).join(', ')} } = body;`),
      ...members.map(([member, one]) => (writer: CodeBlockWriter) => {
        writeChecks(writer, member, typeWithoutNull(one), required.has(member));
      }),
      'if (problems.length > 0) return { problems };',
      (writer) => {
        writer.write('const value: unknown = ').inlineBlock(() => {
          for (const [member] of members) {
            // An optional member that is null counts as absent.
            writer.writeLine(required.has(member) ? `${member},` : `...(${member} == null ? {} : { ${member} }),`);
          }
        });
        writer.write(';');
      },
      `return { value: value as ${name} };`,
    ],
  };
}

function writeChecks(writer: CodeBlockWriter, member: string, schema: ContractSchema, required: boolean): void {
  const push = (message: string) => `problems.push(${quote(`${member} ${message}`)});`;
  const checks = checksOf(member, schema);
  const lines = required ? [{ wrong: `${member} == null`, message: 'is required' }, ...checks] : checks;
  const write = () =>
    lines.forEach(({ wrong, message }, index) => {
      writer.writeLine(`${index === 0 ? '' : 'else '}if (${wrong}) ${push(message)}`);
    });
  if (required) write();
  else writer.write(`if (${member} != null) `).inlineBlock(write);
}

function checksOf(member: string, schema: ContractSchema): [Check, ...Check[]] {
  const [type = ''] = typesOf(schema);
  const typeCheck = typeChecks[type];
  if (typeCheck === undefined) throw unsupported(member, `type ${type}`);
  const { minLength, maxLength, minimum, maximum, enum: values } = schema;
  const checks: Check[] = [];
  if (minLength === 1) checks.push({ wrong: `${member} === ''`, message: 'must not be empty' });
  else if (minLength !== undefined) checks.push(bound(`${member}.length < ${minLength}`, 'at least', minLength, true));
  if (maxLength !== undefined) checks.push(bound(`${member}.length > ${maxLength}`, 'at most', maxLength, true));
  if (minimum !== undefined) checks.push(bound(`${member} < ${minimum}`, 'at least', minimum, false));
  if (maximum !== undefined) checks.push(bound(`${member} > ${maximum}`, 'at most', maximum, false));
  if (values !== undefined) {
    const known = `[${values.map(quote).join(', ')}]`;
    checks.push({ wrong: `!${known}.includes(${member})`, message: `must be one of ${values.join(', ')}` });
  }
  return [typeCheck(member), ...checks];
}

const bound = (wrong: string, word: string, limit: number, isLength: boolean): Check => ({
  wrong,
  message: isLength ? `must be ${word} ${limit} characters long` : `must be ${word} ${limit}`,
});

function assertUnderstood(where: string, schema: ContractSchema): void {
  const unknown = Object.keys(schema).filter((keyword) => !understood.has(keyword));
  if (unknown.length > 0) throw unsupported(where, unknown.join(', '));
  // A union would need a check of its own for each type.
  if (typesOf(typeWithoutNull(schema)).length !== 1) throw unsupported(where, 'several types');
}

const unsupported = (where: string, what: string) =>
  new GatewayError(
    'ERR_SPEC_UNSUPPORTED',
    `openapi/gateway.yaml: ${where} asks for a check that is not made: ${what}.`,
  );
