import { matchesAfterPrefix, type PatternParts, splitPattern } from './pattern.ts';

/** A pattern and its value. Of several the one with the smallest `order` wins. */
interface Entry<T> {
  readonly parts: PatternParts;
  readonly value: T;
  readonly order: number;
}

/**
 * A piece of literal text on the way to patterns; `entries` are those whose prefix ends here. Where these are many,
 * `pieces` has those with a literal piece after their first wildcard, by that piece.
 */
interface Node<T> {
  edge: string;
  entries: Entry<T>[];
  children: Map<number, Node<T>>;
  pieces: Node<T> | undefined;
}

/**
 * Patterns by their literal prefix, in a tree: a lookup walks along the path once and tries those patterns only whose
 * prefix the path has. Of many patterns with the same prefix only those are tried of which a further piece is in the path.
 */
export interface PatternIndex<T> {
  readonly root: Node<T>;
}

/** @param patterns of several that match a path, the first one given counts */
export function createPatternIndex<T>(patterns: Iterable<readonly [pattern: string, value: T]>): PatternIndex<T> {
  const root = createNode<T>('');
  let order = 0;
  for (const [pattern, value] of patterns) {
    const parts = splitPattern(pattern);
    nodeFor(root, parts.prefix).entries.push({ parts, value, order });
    order += 1;
  }
  indexPieces(root);
  return { root };
}

const createNode = <T>(edge: string): Node<T> => ({ edge, entries: [], children: new Map(), pieces: undefined });

/** So few are tried one by one as fast as they are found. */
const few = 8;

function indexPieces<T>(node: Node<T>): void {
  for (const child of node.children.values()) indexPieces(child);
  if (node.entries.length <= few) return;
  const counts = new Map<string, number>();
  for (const { parts } of node.entries) {
    for (const piece of piecesOf(parts)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  const entries = node.entries;
  node.entries = [];
  const pieces = createNode<T>('');
  for (const entry of entries) {
    const piece = rarest(piecesOf(entry.parts), counts);
    (piece === undefined ? node : nodeFor(pieces, piece)).entries.push(entry);
  }
  node.pieces = pieces.children.size === 0 ? undefined : pieces;
}

const piecesOf = ({ middle, suffix = '' }: PatternParts): readonly string[] =>
  [...middle, suffix].filter((piece) => piece !== '');

/** The piece that the fewest patterns have leads to the fewest of them. */
function rarest(pieces: readonly string[], counts: ReadonlyMap<string, number>): string | undefined {
  return pieces.toSorted((one, other) => (counts.get(one) ?? 0) - (counts.get(other) ?? 0))[0];
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
    if (node.pieces !== undefined) best = firstByPiece(node.pieces, path, at, best, accepts);
    node = node.children.get(path.charCodeAt(at));
  }
  return best?.value;
}

/** Tries the patterns of which a piece is in the path, at `from` or later. Each is tried once, however often its piece occurs. */
function firstByPiece<T>(
  { children }: Node<T>,
  path: string,
  from: number,
  best: Entry<T> | undefined,
  accepts: Accepts<T>,
): Entry<T> | undefined {
  const found = new Set<Node<T>>();
  if (children.size > few) {
    for (let at = from; at < path.length; at += 1) collectAlong(children.get(path.charCodeAt(at)), path, at, found);
  } else {
    for (const child of children.values()) {
      for (let at = path.indexOf(child.edge, from); at >= 0; at = path.indexOf(child.edge, at + 1)) {
        collectAlong(child, path, at, found);
      }
    }
  }
  let first = best;
  for (const { entries } of found) first = firstOf(entries, path, first, accepts);
  return first;
}

/** Collects the nodes whose piece is in the path at just that place. */
function collectAlong<T>(start: Node<T> | undefined, path: string, from: number, found: Set<Node<T>>): void {
  let node = start;
  let at = from;
  while (node !== undefined && path.startsWith(node.edge, at)) {
    at += node.edge.length;
    if (node.entries.length > 0) found.add(node);
    node = node.children.get(path.charCodeAt(at));
  }
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
  const child = createNode<T>(edge);
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
  const rest: Node<T> = { edge: node.edge.slice(length), entries, children, pieces: undefined };
  node.edge = node.edge.slice(0, length);
  node.entries = [];
  node.children = new Map([[rest.edge.charCodeAt(0), rest]]);
}
