import { matchesAfterPrefix, type PatternParts, splitPattern } from './pattern.ts';

/** A pattern and what it leads to. `order` says which of several wins: the smallest. */
interface Entry<T> {
  readonly parts: PatternParts;
  readonly value: T;
  readonly order: number;
}

/** A piece of literal text on the way to patterns; `entries` are those whose prefix ends here. */
interface Node<T> {
  edge: string;
  entries: Entry<T>[];
  children: Map<number, Node<T>>;
}

/**
 * Patterns by their literal prefix, in a tree: a lookup walks along the path once and tries those patterns only whose
 * prefix the path has. Patterns that begin with a wildcard are tried for every path.
 */
export interface PatternIndex<T> {
  readonly root: Node<T>;
}

export function createPatternIndex<T>(patterns: Iterable<readonly [pattern: string, value: T]>): PatternIndex<T> {
  const root: Node<T> = { edge: '', entries: [], children: new Map() };
  let order = 0;
  for (const [pattern, value] of patterns) {
    const parts = splitPattern(pattern);
    nodeFor(root, parts.prefix).entries.push({ parts, value, order });
    order += 1;
  }
  return { root };
}

/** Whether a value whose pattern matches counts. */
type Accepts<T> = (value: T, path: string) => boolean;

const acceptAll = (): boolean => true;

/**
 * @returns the value of the first pattern, in the order in which they were given, that matches the whole path and whose
 *   value is accepted.
 */
export function findInIndex<T>(
  { root }: PatternIndex<T>,
  path: string,
  accepts: Accepts<T> = acceptAll,
): T | undefined {
  let best: Entry<T> | undefined;
  let node: Node<T> | undefined = root;
  let at = 0;
  while (node !== undefined && path.startsWith(node.edge, at)) {
    at += node.edge.length;
    best = firstOf(node.entries, path, best, accepts);
    node = node.children.get(path.charCodeAt(at));
  }
  return best?.value;
}

function firstOf<T>(
  entries: readonly Entry<T>[],
  path: string,
  best: Entry<T> | undefined,
  accepts: Accepts<T>,
): Entry<T> | undefined {
  for (const entry of entries) {
    // Entries are sorted by order, so a later entry cannot win.
    if (best !== undefined && entry.order > best.order) return best;
    if (matchesAfterPrefix(entry.parts, path) && accepts(entry.value, path)) return entry;
  }
  return best;
}

function nodeFor<T>(root: Node<T>, prefix: string): Node<T> {
  let node = root;
  let at = 0;
  while (at < prefix.length) {
    const child = node.children.get(prefix.charCodeAt(at));
    if (child === undefined) return addChild(node, prefix.slice(at));
    const shared = sharedLength(child.edge, prefix, at);
    if (shared < child.edge.length) splitEdge(child, shared);
    at += shared;
    node = child;
  }
  return node;
}

function addChild<T>(parent: Node<T>, edge: string): Node<T> {
  const child: Node<T> = { edge, entries: [], children: new Map() };
  parent.children.set(edge.charCodeAt(0), child);
  return child;
}

function sharedLength(edge: string, prefix: string, at: number): number {
  let length = 1;
  while (length < edge.length && edge.charCodeAt(length) === prefix.charCodeAt(at + length)) length += 1;
  return length;
}

/** Leaves the first part of the edge on the node and moves the rest, and all below it, into a new child. */
function splitEdge<T>(node: Node<T>, length: number): void {
  const { entries, children } = node;
  const rest: Node<T> = { edge: node.edge.slice(length), entries, children };
  node.edge = node.edge.slice(0, length);
  node.entries = [];
  node.children = new Map([[rest.edge.charCodeAt(0), rest]]);
}
