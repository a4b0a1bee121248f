import { parser } from '@lezer/rust';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** A part of a Rust file, with its text. */
export class Code {
  private readonly file: string;
  readonly node: SyntaxNode;
  readonly kind: string;

  constructor(file: string, node: SyntaxNode) {
    this.file = file;
    this.node = node;
    this.kind = node.name;
  }

  get text(): string {
    return this.file.slice(this.node.from, this.node.to);
  }

  /** Without comments and punctuation. */
  get children(): Code[] {
    const found: Code[] = [];
    for (let child = this.node.firstChild; child !== null; child = child.nextSibling) {
      if (/^\w/.test(child.name) && !child.name.endsWith('Comment')) found.push(new Code(this.file, child));
    }
    return found;
  }

  /** The first child of one of these kinds. */
  child(...kinds: readonly string[]): Code | undefined {
    return this.children.find(({ kind }) => kinds.includes(kind));
  }

  get parent(): Code | undefined {
    return this.node.parent === null ? undefined : new Code(this.file, this.node.parent);
  }

  /** This part and all below it of one kind, in the order of the text. */
  all(kind: string): Code[] {
    const found: Code[] = [];
    this.node.cursor().iterate((at) => {
      if (at.name === kind) found.push(new Code(this.file, at.node));
    });
    return found;
  }
}

/** What serde's attribute says: `rename: 'type'`, `default: true`. */
export type Serde = Readonly<Record<string, string | true | undefined>>;

/** A struct, an enum, a type alias or a function, with the module that it is in. */
export interface Item {
  readonly name: string;
  readonly module: string;
  readonly code: Code;
  readonly serde: Serde;
  readonly derives: readonly string[];
}

interface Module {
  readonly items: Map<string, Item>;
  /** Names that `use` brings in, and their paths as written: `crate::error::AppError`. */
  readonly uses: Map<string, string>;
  readonly wildcards: string[];
}

const itemKinds = ['StructItem', 'EnumItem', 'TypeItem', 'FunctionItem'];
const below = (module: string, name: string): string => (module === '' ? name : `${module}::${name}`);

/** The items of a crate by module. `main.rs` and `lib.rs` are both the root, the module `''`. */
export class Crate {
  private readonly modules = new Map<string, Module>();
  private readonly ownName: string;

  /**
   * @param files Rust text by its path under `src`, `handlers/executions.rs` for example
   * @param ownName of the library, as `main.rs` names it
   */
  constructor(files: ReadonlyMap<string, string>, ownName: string) {
    this.ownName = ownName;
    for (const [path, text] of files) {
      const name = path.replace(/\.rs$/, '').replace(/(^|\/)(mod|main|lib)$/, '');
      this.read(name.replaceAll('/', '::'), new Code(text, parser.parse(text).topNode));
    }
  }

  /** All functions, those of tests excepted. */
  functions(): Item[] {
    const items = [...this.modules.values()].flatMap((module) => [...module.items.values()]);
    return items.filter(({ code }) => code.kind === 'FunctionItem');
  }

  /**
   * The item that a path means in a module.
   * @param path `crate::services::runtime::Runtime`, or a name
   * @returns undefined for what is not of this crate
   */
  find(path: string, module: string, depth = 0): Item | undefined {
    const here = this.modules.get(module);
    const item = here?.items.get(path);
    if (item !== undefined || here === undefined || depth > 16) return item;
    const [first = '', ...rest] = path.split('::');
    const start = rest.length === 0 ? undefined : this.startOf(first, module);
    if (start !== undefined) return this.find(rest.join('::'), start, depth + 1);
    const used = here.uses.get(first);
    if (used !== undefined) return this.find([used, ...rest].join('::'), module, depth + 1);
    const open = rest.length === 0 ? here.wildcards : [];
    return open.map((wildcard) => this.find(`${wildcard}::${path}`, module, depth + 1)).find((found) => found);
  }

  /** The name at its origin, of one that `use` brings in under another: `Value` of `use serde_json::Value as Json`. */
  original(name: string, module: string): string {
    return this.modules.get(module)?.uses.get(name)?.split('::').at(-1) ?? name;
  }

  /** The module that the first part of a path names. */
  private startOf(first: string, module: string): string | undefined {
    if (first === 'crate' || first === this.ownName) return '';
    if (first === 'self') return module;
    if (first === 'super') return module.split('::').slice(0, -1).join('::');
    return this.modules.has(below(module, first)) ? below(module, first) : undefined;
  }

  private read(name: string, code: Code): void {
    const module = this.modules.get(name) ?? { items: new Map(), uses: new Map(), wildcards: [] };
    this.modules.set(name, module);
    for (const child of code.children) {
      const parts = child.kind === 'AttributeItem' ? child.children : [child];
      const attributes = parts.filter(({ kind }) => kind === 'Attribute').map(({ text }) => text);
      const item = parts.at(-1);
      if (item !== undefined && !attributes.some((text) => /cfg\s*\(\s*test\s*\)/.test(text))) {
        this.readItem(name, module, item, attributes);
      }
    }
  }

  private readItem(
    module: string,
    { items, uses, wildcards }: Module,
    code: Code,
    attributes: readonly string[],
  ): void {
    for (const path of code.kind === 'UseDeclaration' ? usedPaths(code.text.replace(/^.*?\buse\b|;$/gs, '')) : []) {
      const [, from = path, alias] = /^(.*?)(?:::self)?(?:\s+as\s+(\w+))?$/.exec(path) ?? [];
      if (from.endsWith('::*')) wildcards.push(from.slice(0, -3));
      else uses.set(alias ?? from.split('::').at(-1) ?? '', from);
    }
    const name = code.child('TypeIdentifier', 'BoundIdentifier')?.text ?? '';
    const body = code.child('DeclarationList');
    if (code.kind === 'ModItem' && body !== undefined) this.read(below(module, name), body);
    const derives = attributes.flatMap((text) => /derive\s*\(([^)]*)\)/.exec(text)?.[1]?.split(/[\s,:]+/) ?? []);
    if (itemKinds.includes(code.kind)) items.set(name, { name, module, code, serde: serdeOf(attributes), derives });
  }
}

/** `a::{b, c::{d as e}}` is `a::b` and `a::c::d as e`. */
function usedPaths(tree: string): string[] {
  const [, before = '', inner] = /^([^{]*)\{([\s\S]*)\}$/.exec(tree.trim()) ?? [];
  if (inner === undefined) return tree.trim() === '' ? [] : [tree.trim()];
  const parts = inner.match(/[^,{]+(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})?/g) ?? [];
  return parts.flatMap(usedPaths).map((path) => before.trim() + path);
}

/** The serde attributes of an item, a field or a variant. */
function serdeOf(attributes: readonly string[]): Serde {
  const inner = attributes.map((text) => /^#?\[\s*serde\s*\(([\s\S]*)\)\s*\]$/.exec(text)?.[1] ?? '').join(',');
  return Object.fromEntries(
    [...inner.matchAll(/(\w+)(?:\s*=\s*"([^"]*)")?/g)].map(([, key = '', value]) => [key, value ?? true]),
  );
}

/** The fields of a struct or the variants of an enum, each with its serde attributes. */
export function membersOf(list: Code | undefined): { readonly code: Code; readonly serde: Serde }[] {
  let attributes: string[] = [];
  return (list?.children ?? []).flatMap((code) => {
    if (code.kind === 'Attribute') attributes.push(code.text);
    if (!['FieldDeclaration', 'EnumVariant'].includes(code.kind)) return [];
    const serde = serdeOf(attributes);
    attributes = [];
    return [{ code, serde }];
  });
}
