import { jsonpath } from 'json-p3';
import { parseDocument as parseYaml } from 'yaml';
import { GatewayError } from '../../plugins/errors.ts';
import { escapePointer, isRecord, listOperations, type OpenApiDocument } from '../openapi/open-api.ts';
import { checkDocument, invalid, maxProblems } from './check-document.ts';

/**
 * Reads an OpenAPI 3.0 or 3.1 document, JSON or YAML, and checks it. Operation ids may be missing or repeated,
 * component names may be odd, and references may be circular: nothing here depends on them.
 * @throws ERR_SPEC_INVALID with the places of what is wrong; ERR_SPEC_UNSUPPORTED for another version.
 * @param overlays are applied before the document is checked: they repair what the checks refuse
 */
export async function parseDocument(bytes: Uint8Array, overlays: readonly Overlay[] = []): Promise<OpenApiDocument> {
  try {
    return await parseAndCheck(bytes, overlays);
  } catch (error) {
    // The stack ran out: no document that people write comes near.
    throw error instanceof RangeError ? invalid(['the document is nested too deeply'], error) : error;
  }
}

async function parseAndCheck(bytes: Uint8Array, overlays: readonly Overlay[]): Promise<OpenApiDocument> {
  const value = applyOverlays(readText(decode(bytes)), overlays);
  if (!isRecord(value)) throw invalid(['#: the document is not an object']);
  checkVersion(value);
  if (!isRecord(value['paths'])) throw invalid(['#/paths: missing; the document has no operations']);
  const slashless = Object.keys(value['paths']).filter((path) => !path.startsWith('/'));
  if (slashless.length > 0) {
    throw invalid(slashless.map((path) => `#/paths/${escapePointer(path)}: a path begins with a slash`));
  }
  const document = value as OpenApiDocument;
  await checkDocument(document);
  if (listOperations(document).length === 0) throw invalid(['#/paths: the document has no operations']);
  return document;
}

/** The document as it is written; it may be invalid. */
export const unrepaired = (bytes: Uint8Array): OpenApiDocument => readText(decode(bytes)) as OpenApiDocument;

/** An overlay as it is written, JSON or YAML. @throws ERR_SPEC_INVALID */
export const parseOverlay = (name: string, bytes: Uint8Array): Overlay => ({ name, value: readText(decode(bytes)) });

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid(['the text is not UTF-8'], error);
  }
}

function readText(text: string): unknown {
  const start = text.trimStart()[0];
  if (start === undefined) throw invalid(['the document is empty']);
  return start === '{' || start === '[' ? readJson(text) : readYaml(text);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A flow mapping of YAML begins like JSON; a document that is neither is reported as JSON.
    const yaml = parseYaml(text, { strict: true, uniqueKeys: true });
    if (yaml.errors.length === 0 && !text.trimStart().startsWith('{"')) return readYaml(text);
    throw invalid([`not JSON: ${error instanceof Error ? error.message : 'unreadable'}${place(text, error)}`], error);
  }
}

/** Line and column of a JSON error, when the engine reports the position. */
function place(text: string, error: unknown): string {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  const at = position === undefined ? text.length : Number(position);
  const before = text.slice(0, at).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

function readYaml(text: string): unknown {
  const yaml = parseYaml(text, { strict: true, uniqueKeys: true });
  if (yaml.errors.length > 0) {
    throw invalid(yaml.errors.slice(0, maxProblems).map((error) => `not YAML: ${error.message.split('\n')[0]}`));
  }
  try {
    // Dates and shared nodes of YAML become plain JSON. Aliases are bounded: a few lines of them can expand to
    // gigabytes.
    return JSON.parse(JSON.stringify(yaml.toJS({ maxAliasCount: 100 })));
  } catch (error) {
    throw invalid([`not usable YAML: ${error instanceof Error ? error.message : 'unreadable'}`], error);
  }
}

function checkVersion(value: Readonly<Record<string, unknown>>): void {
  const version = value['openapi'];
  if (typeof version === 'string' && /^3\.[01](?:\.|$)/.test(version)) return;
  if (version === undefined && value['swagger'] === undefined) {
    throw invalid(['#/openapi: missing; this is no OpenAPI document']);
  }
  throw new GatewayError('ERR_SPEC_UNSUPPORTED', 'Only OpenAPI 3.0 and 3.1 are understood.', {
    problems: [`#/openapi: this document is of version ${String(version ?? value['swagger'])}`],
  });
}

/** A file that repairs a document (OpenAPI Overlay 1.0), parsed. */
export interface Overlay {
  /** For messages, and for `openapi/noetl.lock.json`. */
  readonly name: string;
  readonly value: unknown;
}

interface Action {
  readonly target: string;
  readonly update?: unknown;
  readonly remove?: boolean;
}

/**
 * A document as its overlays make it, one after another; the given one is not changed. Targets are JSONPath (RFC 9535).
 * @throws ERR_SPEC_INVALID for an overlay that is not one, and for a target that the document does not have: what was
 * to be repaired may be repaired by now, or lie elsewhere
 */
export function applyOverlays(document: unknown, overlays: readonly Overlay[]): unknown {
  if (overlays.length === 0) return document;
  const copy = structuredClone(document);
  const problems = overlays.flatMap((overlay) =>
    actionsOf(overlay).flatMap((action, index) => {
      const place = `${overlay.name}: actions[${index}]`;
      return applyAction(copy, action, place);
    }),
  );
  if (problems.length === 0) return copy;
  throw new GatewayError('ERR_SPEC_INVALID', 'An overlay does not fit the document.', { problems });
}

function actionsOf({ name, value }: Overlay): readonly Action[] {
  const actions = isRecord(value) && typeof value['overlay'] === 'string' ? value['actions'] : undefined;
  const areActions =
    Array.isArray(actions) && actions.every((action) => isRecord(action) && typeof action['target'] === 'string');
  if (areActions) return actions as readonly Action[];
  throw new GatewayError('ERR_SPEC_INVALID', 'An overlay cannot be read.', {
    problems: [`${name}: not an OpenAPI Overlay: it needs “overlay: 1.0.0” and “actions”, each with a “target”`],
  });
}

function applyAction(document: unknown, { target, update, remove }: Action, place: string): readonly string[] {
  let locations: (string | number)[][];
  try {
    const found = jsonpath.query(target, document as Parameters<typeof jsonpath.query>[1]);
    locations = [...found].map((node) => [...node.location]);
  } catch (error) {
    return [`${place}: the target is not JSONPath: ${error instanceof Error ? error.message : target}`];
  }
  if (locations.length === 0) return [`${place}: the document has nothing at ${target}`];
  // The last items of a list first, so that those before keep their places.
  for (const location of locations.reverse()) {
    if (remove === true) removeAt(document, location);
    else if (update !== undefined) updateAt(document, location, update);
  }
  return [];
}

/** Where the last key of a location is. The location is one that the query has found, so every step exists. */
function parentAt(document: unknown, location: readonly (string | number)[]): unknown {
  let found = document;
  for (const key of location.slice(0, -1)) found = Reflect.get(found as object, key);
  return found;
}

function removeAt(document: unknown, location: readonly (string | number)[]): void {
  const parent = parentAt(document, location);
  const key = location.at(-1);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (key !== undefined && typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, key);
}

/** Objects are merged, lists get the item at their end, and anything else takes its place. */
function updateAt(document: unknown, location: readonly (string | number)[], update: unknown): void {
  const key = location.at(-1);
  const parent = parentAt(document, location);
  const value = key === undefined ? document : Reflect.get(parent as object, key);
  if (Array.isArray(value)) value.push(...(Array.isArray(update) ? update : [update]));
  else if (isRecord(value) && isRecord(update)) merge(value, update);
  else if (key !== undefined) define(parent as object, key, update);
}

function merge(into: Readonly<Record<string, unknown>>, update: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(update)) {
    const before = Object.hasOwn(into, key) ? into[key] : undefined;
    if (isRecord(before) && isRecord(value)) merge(before, value);
    else if (Array.isArray(before) && Array.isArray(value)) before.push(...value);
    else define(into, key, structuredClone(value));
  }
}

/** A member may be called `__proto__`. */
const define = (object: object, key: string | number, value: unknown): boolean =>
  Reflect.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
