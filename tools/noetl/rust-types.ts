import { type Code, type Crate, type Item, membersOf, type Serde } from './rust-source.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** What serde writes for types that are not of the crate. */
const foreign: readonly (readonly [schema: Schema, names: string])[] = [
  [{ format: 'int32', type: 'integer' }, 'i8 i16 i32 u8 u16'],
  [{ format: 'int64', type: 'integer' }, 'i64 u32 u64 isize usize'],
  [{ type: 'number' }, 'f32 f64'],
  [{ type: 'string' }, 'String str char NaiveDateTime'],
  [{ type: 'boolean' }, 'bool'],
  [{ format: 'date-time', type: 'string' }, 'DateTime'],
  [{ format: 'uuid', type: 'string' }, 'Uuid'],
  [{}, 'Value JsonValue'],
];
const known = new Map(foreign.flatMap(([schema, names]) => names.split(' ').map((name) => [name, schema] as const)));
const lists = new Set(['Vec', 'VecDeque', 'HashSet', 'BTreeSet']);
const maps = new Set(['HashMap', 'BTreeMap', 'Map']);
const wrappers = new Set(['Box', 'Arc', 'Rc', 'Cow', 'Json', 'Result', 'AppResult']);

/** The last part of a type's path, without its arguments. */
export const nameOf = (type: Code): string => /(\w+)\s*(<|$)/.exec(type.text)?.[1] ?? type.text;

/** Schemas of Rust types, as serde writes and reads them. */
export class RustTypes {
  private readonly crate: Crate;
  private readonly named = new Map<Item, { readonly name: string; schema: Schema }>();
  /** What is any value, since it could not be derived. */
  readonly unknown = new Set<string>();

  constructor(crate: Crate) {
    this.crate = crate;
  }

  /** The structs and enums that were asked for, by name. */
  schemas(): Record<string, Schema> {
    return Object.fromEntries([...this.named.values()].map(({ name, schema }) => [name, schema]));
  }

  /** The schema of a type as it is written in a module. */
  of(type: Code, module: string): Schema {
    if (type.kind === 'ReferenceType') return this.of(type.children.at(-1) ?? type, module);
    if (type.kind === 'TupleType') return this.tuple(type, module);
    const path = (type.kind === 'GenericType' ? type.children[0] : type)?.text ?? '';
    const item = this.crate.find(path, module);
    if (item !== undefined && item.code.kind !== 'TypeItem') return this.reference(item);
    const schema = this.foreign(type, module);
    const alias = item?.code.children.at(-1);
    if (schema === undefined && item && alias) return this.of(alias, item.module);
    if (schema === undefined) this.unknown.add(`${module}: ${type.text}`);
    return schema ?? {};
  }

  /** `(StatusCode, Json<T>)` is an answer of T. */
  private tuple(type: Code, module: string): Schema {
    const json = type.children.find((part) => nameOf(part) === 'Json');
    return json === undefined ? { items: {}, type: 'array' } : this.of(json, module);
  }

  /** Parameters of the query: the fields of a struct. */
  query(type: Code, module: string): Schema[] {
    const item = this.crate.find(type.text, module);
    const { properties, required } = item === undefined ? { properties: {}, required: [] } : this.fields(item);
    return Object.entries(properties).map(([name, schema]) => {
      const present = (schema['anyOf'] as readonly Schema[] | undefined)?.[0];
      return { in: 'query', name, required: required.includes(name), schema: present ?? schema };
    });
  }

  private foreign(type: Code, module: string): Schema | undefined {
    const [first, second] = type.child('TypeArgList')?.children.filter(({ kind }) => kind !== 'Lifetime') ?? [];
    const name = this.crate.original(nameOf(type), module);
    if (maps.has(name)) return { additionalProperties: second ? this.of(second, module) : {}, type: 'object' };
    if (first === undefined || known.has(name)) return known.get(name);
    if (name === 'Option') return { anyOf: [this.of(first, module), { type: 'null' }] };
    if (lists.has(name)) return { items: this.of(first, module), type: 'array' };
    return wrappers.has(name) ? this.of(first, module) : undefined;
  }

  private reference(item: Item): Schema {
    const before = this.named.get(item);
    const isTaken = [...this.named.values()].some(({ name }) => name === item.name);
    const name = before?.name ?? (isTaken ? `${item.module.replaceAll('::', '_')}_${item.name}` : item.name);
    if (before === undefined) {
      const entry: { readonly name: string; schema: Schema } = { name, schema: {} };
      this.named.set(item, entry);
      entry.schema = item.code.kind === 'EnumItem' ? this.variants(item) : this.struct(item);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  private struct(item: Item): Schema {
    const only = item.code.child('OrderedFieldDeclarationList')?.children.findLast(({ kind }) => kind !== 'Vis');
    if (only !== undefined) return this.of(only, item.module);
    const { required, ...fields } = this.fields(item);
    return { ...fields, ...(required.length > 0 && { required }), type: 'object' };
  }

  private fields(item: Item): { properties: Record<string, Schema>; required: string[]; additionalProperties?: true } {
    const found: ReturnType<RustTypes['fields']> = { properties: {}, required: [] };
    for (const { code, serde } of membersOf(item.code.child('FieldDeclarationList'))) {
      const type = code.children.at(-1);
      if (type === undefined || serde['skip']) continue;
      const made = serde['flatten'] ? this.flattened(type, item) : this.field(code, type, item, serde);
      Object.assign(found.properties, made.properties);
      found.required.push(...made.required);
      if (made.additionalProperties) found.additionalProperties = true;
    }
    return found;
  }

  private flattened(type: Code, { module }: Item): ReturnType<RustTypes['fields']> {
    const inner = this.crate.find(type.text, module);
    return inner === undefined ? { properties: {}, required: [], additionalProperties: true } : this.fields(inner);
  }

  /** With its other name, where serde reads one: either is then enough. */
  private field(code: Code, type: Code, item: Item, serde: Serde): ReturnType<RustTypes['fields']> {
    const name = wireName(code.child('FieldIdentifier')?.text ?? '', serde, item.serde['rename_all']);
    const own = serde['with'] || serde['deserialize_with'] || serde['serialize_with'];
    const schema = { ...(own ? {} : this.of(type, item.module)), ...this.default(serde, item.module) };
    const alias = item.derives.includes('Deserialize') ? serde['alias'] : undefined;
    if (typeof alias === 'string') return { properties: { [name]: schema, [alias]: schema }, required: [] };
    return { properties: { [name]: schema }, required: isRequired(type, item, serde) ? [name] : [] };
  }

  /** What the function of a default returns, when that is one literal. */
  private default({ default: named }: Serde, module: string): Schema {
    const body = typeof named === 'string' ? this.crate.find(named, module)?.code.child('Block')?.text : undefined;
    const [, value] = /^\{\s*("[^"\\]*"|-?[\d_]+|true|false)(?:\.\w+\(\))?\s*\}$/.exec(body ?? '') ?? [];
    if (value === undefined) return {};
    return { default: JSON.parse(value.startsWith('"') ? value : value.replaceAll('_', '')) };
  }

  /** Names, of variants without a value; others are any value. */
  private variants(item: Item): Schema {
    const variants = membersOf(item.code.child('EnumVariantList'));
    if (variants.some(({ code }) => code.child('OrderedFieldDeclarationList', 'FieldDeclarationList'))) {
      this.unknown.add(`${item.module}: values of ${item.name}`);
      return {};
    }
    const style = item.serde['rename_all'];
    return { enum: variants.map(({ code, serde }) => wireName(code.text, serde, style)), type: 'string' };
  }
}

/** A type that is only read needs no value with a default; one that is only written has all that it does not skip. */
function isRequired(type: Code, { derives, serde: whole }: Item, serde: Serde): boolean {
  const absentWhenRead = derives.includes('Deserialize') && Boolean(serde['default'] ?? whole['default']);
  const absentWhenWritten = derives.includes('Serialize') && Boolean(serde['skip_serializing_if']);
  return nameOf(type) !== 'Option' && !absentWhenRead && !absentWhenWritten;
}

/** The name in JSON. */
function wireName(name: string, serde: Serde, style: Serde[string]): string {
  if (typeof serde['rename'] === 'string') return serde['rename'];
  const plain = name.replace(/^r#/, '');
  const snake = plain.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '_').toLowerCase();
  const pascal = `_${snake}`.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const styles: Readonly<Record<string, string>> = {
    lowercase: plain.toLowerCase(),
    UPPERCASE: plain.toUpperCase(),
    snake_case: snake,
    SCREAMING_SNAKE_CASE: snake.toUpperCase(),
    'kebab-case': snake.replaceAll('_', '-'),
    PascalCase: pascal,
    camelCase: pascal.slice(0, 1).toLowerCase() + pascal.slice(1),
  };
  return styles[String(style)] ?? plain;
}
