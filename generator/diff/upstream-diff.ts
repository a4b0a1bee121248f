import type { OpenApiDocument } from '../openapi/open-api.ts';
import { suggest } from '../table/suggest.ts';
import { changeOf } from './change-rules.ts';
import type { UpstreamChange } from './diff-report.ts';
import { at, type DocumentPair } from './operation-change.ts';
import { operationChanges } from './operation-changes.ts';
import { comparable, contractsOf, type OperationContract } from './operation-contract.ts';
import { operationTemplate } from './operation-template.ts';

type Found = Omit<UpstreamChange, 'fields'>;

/**
 * Every difference between two documents, as they were pulled, that a caller of NoETL could notice; by path. Operations
 * are matched by method and path without the names of parameters. Descriptions, titles and examples do not count.
 * @returns in the order of paths, then methods
 */
export function upstreamDiff(documents: DocumentPair): readonly Found[] {
  const pair: DocumentPair = { before: comparable(documents.before), after: comparable(documents.after) };
  const [old, now] = [byTemplate(pair.before), byTemplate(pair.after)];
  // Candidates for what an operation that is gone has become.
  const added = [...now].flatMap(([template, { key }]) => (old.has(template) ? [] : [key]));
  return [...new Set([...old.keys(), ...now.keys()])].sort(byPath).flatMap((template): Found[] => {
    const [was, is] = [old.get(template), now.get(template)];
    if (is === undefined) return was === undefined ? [] : [gone(was.key, added)];
    if (was === undefined) return [whole(is.key, 'operation-new', 'is new')];
    return operationChanges(pair, was, is).map((change) => ({ ...change, operation: is.key }));
  });
}

function gone(key: string, added: readonly string[]): Found {
  const moved = movedTo(key, added);
  return whole(key, 'operation-gone', `is gone${moved === undefined ? '' : `; perhaps it is ${moved} now`}`);
}

const whole = (operation: string, kind: 'operation-new' | 'operation-gone', message: string): Found => ({
  ...at(undefined, undefined, changeOf(kind, 'in', '', message)),
  operation,
});

const byTemplate = (document: OpenApiDocument): ReadonlyMap<string, OperationContract> =>
  new Map(contractsOf(document).map((contract) => [operationTemplate(contract.key), contract]));

/** Keys are `METHOD /path`: turned round, so that the operations of one path stay together. */
const byPath = (a: string, b: string): number => {
  const [left, right] = [a, b].map((key) => key.split(' ').toReversed().join(' '));
  return (left ?? '') < (right ?? '') ? -1 : 1;
};

/**
 * The new operation that an operation which is gone has perhaps become: of the same method, with at least half of its
 * words in the path, and nearest in spelling.
 */
export function movedTo(key: string, added: readonly string[]): string | undefined {
  const words = wordsOf(key);
  const alike = added.filter((candidate) => {
    const shared = wordsOf(candidate).filter((word) => words.includes(word));
    return methodOf(candidate) === methodOf(key) && shared.length > 0 && shared.length * 2 >= words.length;
  });
  return suggest(key, alike, 1)[0];
}

const methodOf = (key: string): string => key.slice(0, key.indexOf(' '));

/** Segments with a meaning: `api`, parameters and repetitions are left out. */
const wordsOf = (key: string): readonly string[] => [
  ...new Set(
    key
      .split('/')
      .slice(1)
      .filter((segment) => segment !== 'api' && !segment.startsWith('{')),
  ),
];
