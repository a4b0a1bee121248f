import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { canonicalJson } from '../../generator/canonical-text.ts';
import { parseDocument, parseOverlay } from '../../generator/pull/parse-document.ts';
import { type Code, Crate, type Item } from './rust-source.ts';
import { nameOf, RustTypes, type Schema } from './rust-types.ts';

const verbs = new Set(['get', 'post', 'put', 'patch', 'delete', 'head', 'options']);
const text = { type: 'string' };

interface Route {
  readonly path: string;
  readonly verb: string;
  /** As the route names it. */
  readonly named: string;
  readonly handler: Item | undefined;
}

/**
 * The OpenAPI document of an axum server, from its source: routes, arguments, and the members of serde types. It has no prose.
 * @param files Rust text by its path under `src`
 * @returns `unknown`: what could not be derived, and is any value in the document
 */
export function rustDocument(
  files: ReadonlyMap<string, string>,
  crateName: string,
  version: string,
): { readonly document: Schema; readonly unknown: readonly string[] } {
  const crate = new Crate(files, crateName.replaceAll('-', '_'));
  const types = new RustTypes(crate);
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of crate.functions().flatMap((item) => routesOf(crate, item))) {
    paths[route.path] = { ...paths[route.path], [route.verb]: operation(types, route) };
  }
  const info = { title: crateName, version };
  const document = { components: { schemas: types.schemas() }, info, openapi: '3.1.0', paths };
  return { document, unknown: [...types.unknown].sort() };
}

/** The routes that a function adds to routers: `.route("/a/{b}", get(list).post(handlers::a::add))`. */
function routesOf(crate: Crate, { code, module }: Item): Route[] {
  const calls = code.all('CallExpression');
  const nests = calls.flatMap((call) => {
    const [path, router] = argumentsOf(call, 'nest');
    return path && router ? [{ call, prefix: path.text.slice(1, -1), router }] : [];
  });
  const prefixOf = (at: Code): string => {
    const outer = nests.find(({ router }) => contains(router, at) || router.text === variableOf(at));
    // A router that is put into itself, under the name that it had, ends the search.
    if (outer === undefined || outer.router.text === variableOf(outer.call)) return outer?.prefix ?? '';
    return prefixOf(outer.call) + outer.prefix;
  };
  return calls.flatMap((call) => {
    const [path, methods] = argumentsOf(call, 'route');
    if (path?.kind !== 'String' || methods === undefined) return [];
    const whole = prefixOf(call) + path.text.slice(1, -1);
    const braced = whole.replaceAll(/\/:(\w+)/g, '/{$1}').replaceAll(/\{?\*(\w+)\}?/g, '{$1}');
    return methodsOf(methods).map((method) => {
      return { ...method, path: braced, handler: crate.find(method.named, module) };
    });
  });
}

/** What a call of this method is given; none for other calls. */
function argumentsOf(call: Code, method: string): readonly Code[] {
  const [callee, list] = call.children;
  const name = callee?.kind === 'FieldExpression' ? callee.child('FieldIdentifier')?.text : undefined;
  return name === method ? (list?.children ?? []) : [];
}

const contains = (outer: Code, inner: Code): boolean =>
  outer.node.from <= inner.node.from && inner.node.to <= outer.node.to;

/** The variable that the statement around a part sets. */
function variableOf(code: Code | undefined): string | undefined {
  if (code?.kind === 'LetDeclaration') return code.child('BoundIdentifier')?.text;
  if (code?.kind === 'AssignmentExpression') return code.children[0]?.text;
  return code && variableOf(code.parent);
}

/** `get(a).post(b)`: one for each verb. */
function methodsOf(code: Code | undefined): Pick<Route, 'verb' | 'named'>[] {
  if (code?.kind !== 'CallExpression') return [];
  const [callee, list] = code.children;
  const verb = /(\w+)$/.exec(callee?.text ?? '')?.[1] ?? '';
  const named = list?.children[0]?.text;
  const before = methodsOf(callee?.children[0]);
  return verbs.has(verb) && named !== undefined ? [...before, { verb, named }] : before;
}

function operation(types: RustTypes, { path, verb, named, handler }: Route): Schema {
  if (handler === undefined) types.unknown.add(`${verb.toUpperCase()} ${path}: ${named} is not found`);
  const parts = handler?.code.children ?? [];
  const list = parts.findIndex(({ kind }) => kind === 'ParamList');
  const inputs = parts[list]?.children.filter(({ kind }) => kind === 'Parameter') ?? [];
  const made = inputs.map((input) => inputOf(types, input.children.at(-1), handler?.module ?? ''));
  const placed = made.flatMap(({ placed: schemas = [] }) => schemas);
  const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, name], at) => {
    return { in: 'path', name, required: true, schema: placed[at] ?? text };
  });
  const parameters = [...places, ...made.flatMap(({ query = [] }) => query)];
  const requestBody = made.find(({ body }) => body)?.body;
  const returned = parts[list + 1];
  const schema = returned === undefined || returned.kind === 'Block' ? {} : types.of(returned, handler?.module ?? '');
  return {
    operationId: `${named}_${verb}${path}`.replaceAll(/\W+/g, '_').replace(/_$/, ''),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { 200: { description: '', content: { 'application/json': { schema } } } },
  };
}

interface Input {
  /** Schemas of the parts of the path, by place. */
  readonly placed?: readonly Schema[];
  readonly query?: readonly Schema[];
  readonly body?: Schema;
}

/** What an extractor reads of the request: `Option<Query<Filter>>` is `Query` of `Filter`, optional. */
function inputOf(types: RustTypes, type: Code | undefined, module: string, required = true): Input {
  const inner = type?.child('TypeArgList')?.children[0];
  const name = type === undefined ? '' : nameOf(type);
  if (name === 'Bytes' || name === 'String') {
    const [media, schema] = name === 'String' ? ['text/plain', text] : ['application/octet-stream', {}];
    return { body: { content: { [String(media)]: { schema } }, required } };
  }
  if (inner === undefined) return {};
  if (name === 'Option') return inputOf(types, inner, module, false);
  if (name === 'Query') return { query: types.query(inner, module) };
  if (name === 'Json')
    return { body: { content: { 'application/json': { schema: types.of(inner, module) } }, required } };
  if (name !== 'Path') return {};
  return { placed: (inner.kind === 'TupleType' ? inner.children : [inner]).map((part) => types.of(part, module)) };
}

/** `node tools/noetl/rust-document.ts <folder of the server's source>` writes `openapi/noetl-rust-<version>.json`. */
async function main(folder: string): Promise<void> {
  const source = join(folder, 'src');
  const files = new Map<string, string>();
  for (const name of (await readdir(source, { recursive: true })).sort()) {
    if (name.endsWith('.rs')) files.set(name, await readFile(join(source, name), 'utf8'));
  }
  const manifest = await readFile(join(folder, 'Cargo.toml'), 'utf8');
  const setting = (name: string) => new RegExp(`^${name}\\s*=\\s*"([^"]+)"`, 'm').exec(manifest)?.[1] ?? '';
  const { document, unknown } = rustDocument(files, setting('name'), setting('version'));
  const overlay = 'openapi/noetl-rust.overlay.yaml';
  const rest = parseOverlay(overlay, await readFile(overlay));
  const whole = await parseDocument(Buffer.from(canonicalJson(document)), [rest]);
  const target = `openapi/noetl-rust-${setting('version')}.json`;
  await writeFile(target, canonicalJson(whole));
  for (const line of unknown) console.warn(`not derived, so any value: ${line}`);
  console.log(`${Object.keys(whole.paths ?? {}).length} paths: wrote ${target}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv[2] ?? '.');
