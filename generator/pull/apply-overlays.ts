import { jsonpath } from 'json-p3';
import { GatewayError } from '../../plugins/errors.ts';
import { isRecord } from '../openapi/open-api.ts';

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
