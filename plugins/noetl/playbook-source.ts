import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { type PlaybookPath, parsePlaybookPath } from '../noetl-auth/access/playbook-path.ts';

/** The source of a playbook that a caller wants to register, as text, and the catalog path that it names. */
export interface PlaybookSource {
  readonly text: string;
  readonly path: PlaybookPath;
}

/** Parsing costs time in proportion to the text, and nothing else runs meanwhile. */
const maxBytes = 256 * 1024;
const wireForm = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
/** Line breaks of YAML 1.1 that YAML 1.2 does not know, marks of byte order, control characters: readers differ about them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about control characters
const oddCharacters = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufeff]|\r(?!\n)/;

/** @returns the text of a source that comes as it is, or in base64, as NoETL takes both; undefined: too large, or no text */
export function sourceText(content: unknown): string | undefined {
  if (typeof content !== 'string' || content.length > 2 * maxBytes) return undefined;
  const text = wireForm.test(content) ? decoded(content) : content;
  return text === undefined || text.length > maxBytes || !text.isWellFormed() ? undefined : text;
}

function decoded(content: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(content, 'base64'));
  } catch {
    return undefined;
  }
}

/**
 * How a source is sent to NoETL: always in base64. NoETL decodes whatever looks like it, ignoring every other character, so
 * that a text which is sent as it is could be read as another one.
 */
export const wireSource = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/**
 * Reads the path that a source names, where every reader of YAML finds the same one: a single document, no directives, no
 * repeated keys, and neither tags, anchors, aliases nor merge keys on the way to the path.
 * @returns a sentence about what is wrong, fit for the caller
 */
export function readPlaybookSource(content: unknown): PlaybookSource | { readonly problem: string } {
  const text = sourceText(content);
  if (text === undefined) return { problem: `must be YAML of at most ${maxBytes / 1024} KiB, as text or in base64` };
  if (oddCharacters.test(text) || /^%/m.test(text)) {
    return { problem: 'must not hold control characters, other line breaks than LF, or YAML directives' };
  }
  const root = rootOf(text);
  if (root === undefined) return { problem: 'must be one YAML document: an object without repeated keys' };
  const metadata = plainMap(root, 'metadata');
  if (!isPlainMap(root) || metadata === 'odd') {
    return { problem: 'must have plain keys in its root and in metadata: no tags, anchors, aliases or merge keys' };
  }
  const path = namedPath(root, metadata);
  return path === undefined ? { problem: 'must name its catalog path once: metadata.path' } : { text, path };
}

function rootOf(text: string): YAMLMap | undefined {
  try {
    const document = parseDocument(text, { version: '1.1', uniqueKeys: true, strict: true, logLevel: 'error' });
    return document.errors.length === 0 && isMap(document.contents) ? document.contents : undefined;
  } catch {
    // Nested too deeply.
    return undefined;
  }
}

function plainMap(root: YAMLMap, name: string): YAMLMap | 'odd' | undefined {
  const value = memberOf(root, name);
  if (value === undefined) return undefined;
  return isMap(value) && isPlainMap(value) ? value : 'odd';
}

const isPlainMap = (map: YAMLMap): boolean =>
  map.anchor === undefined &&
  map.tag === undefined &&
  (map.items as Pair[]).every(({ key }) => plainText(key) !== undefined);

const memberOf = (map: YAMLMap, name: string): unknown =>
  (map.items as Pair[]).find(({ key }) => plainText(key) === name)?.value ?? undefined;

function plainText(node: unknown): string | undefined {
  if (!isScalar(node) || node.anchor !== undefined || node.tag !== undefined) return undefined;
  return typeof node.value === 'string' && node.value !== '<<' ? node.value : undefined;
}

/** NoETL takes the first of these that is there; here they must not differ. */
function namedPath(root: YAMLMap, metadata: YAMLMap | undefined): PlaybookPath | undefined {
  const places = [
    ...(metadata === undefined ? [] : [memberOf(metadata, 'path')]),
    memberOf(root, 'path'),
    ...(metadata === undefined ? [] : [memberOf(metadata, 'name')]),
    memberOf(root, 'name'),
  ];
  const paths = places.slice(0, metadata === undefined ? 1 : 2).filter((node) => node !== undefined);
  const names = paths.length > 0 ? paths : places.filter((node) => node !== undefined);
  const texts = new Set(names.map(plainText));
  const [text] = texts;
  return texts.size === 1 && text !== undefined ? parsePlaybookPath(text) : undefined;
}
