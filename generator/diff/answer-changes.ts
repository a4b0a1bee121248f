import type { Media } from '../openapi/open-api.ts';
import { type ChangeKind, changeOf } from './change-rules.ts';
import { isSame } from './constraint-changes.ts';
import { at, type DocumentPair, mediaTypeChanges, type OperationChange } from './operation-change.ts';
import type { ContractAnswer, OperationContract } from './operation-contract.ts';
import { schemaChanges } from './schema-changes.ts';

/** In place of an answer that an operation does not have, so that all of the other side is new or gone. */
const noAnswer: ContractAnswer = { content: new Map(), headers: {} };

/**
 * Changes of statuses, media types, headers and shapes of answers. What an error holds is the gateway's to word, so its
 * changes are safe.
 */
export function answerChanges(
  pair: DocumentPair,
  was: OperationContract,
  is: OperationContract,
): readonly OperationChange[] {
  const statuses = [...new Set([...was.answers.keys(), ...is.answers.keys()])].sort();
  // The two are compared even when the status changes, 200 to 201 for example: it is one field's value.
  const [old, now] = [chosenStatus(was), chosenStatus(is)];
  return [
    ...statuses.flatMap((status) => statusChange(status, was, is)),
    ...chosenAnswer(pair, was.answers.get(old ?? '') ?? noAnswer, is.answers.get(now ?? '') ?? noAnswer),
    ...statuses.flatMap((status) =>
      status === old || status === now ? [] : otherAnswer(status, was.answers.get(status), is.answers.get(status)),
    ),
  ];
}

const isSuccess = (status: string): boolean => /^2(?:\d\d|XX)$/.test(status);

/** The status whose answer is the field's value: 200, else the lowest 2xx, else `default`. */
function chosenStatus({ answers }: OperationContract): string | undefined {
  return [...answers.keys()].filter(isSuccess).sort()[0] ?? (answers.has('DEFAULT') ? 'DEFAULT' : undefined);
}

function statusChange(status: string, was: OperationContract, is: OperationContract): readonly OperationChange[] {
  const [before, after] = [was.answers.has(status), is.answers.has(status)];
  if (before === after) return [];
  // A status of success that is new may be the one that callers get; one of an error is worded by the gateway anyway.
  const kinds: readonly [ChangeKind, ChangeKind] = isSuccess(status)
    ? ['answer-status-new', 'answer-status-gone']
    : ['error-status-new', 'error-status-gone'];
  const [kind, message] = after ? [kinds[0], 'is new'] : [kinds[1], 'is gone'];
  return [at(`status ${status.toLowerCase()}`, undefined, changeOf(kind, 'out', '', message))];
}

function chosenAnswer(pair: DocumentPair, was: ContractAnswer, is: ContractAnswer): readonly OperationChange[] {
  const types = [...was.content.keys()].filter((type) => is.content.has(type));
  return [
    ...mediaTypeChanges('answer', was.content, is.content),
    ...types.flatMap((type) => answerMedia(pair, type, was.content.get(type), is.content.get(type))),
    ...headerChanges(was, is),
  ];
}

function answerMedia(
  { before, after }: DocumentPair,
  type: string,
  was: Media | undefined,
  is: Media | undefined,
): readonly OperationChange[] {
  const place = type === 'application/json' ? 'answer' : `answer (${type})`;
  return schemaChanges(before, after, 'out', was?.schema ?? {}, is?.schema ?? {}).map((change) =>
    at(place, undefined, change),
  );
}

function headerChanges(was: ContractAnswer, is: ContractAnswer): readonly OperationChange[] {
  const names = [...new Set([...Object.keys(was.headers), ...Object.keys(is.headers)])].sort();
  return names.flatMap((name) => {
    const [left, right] = [was.headers[name], is.headers[name]];
    if (isSame(left, right)) return [];
    const message = left === undefined ? 'is new' : right === undefined ? 'is gone' : 'is another';
    return [at(`answer header ${name}`, undefined, changeOf('answer-header-changed', 'out', '', message))];
  });
}

/** Answers that no field shows: that something has changed is enough. */
function otherAnswer(
  status: string,
  was: ContractAnswer | undefined,
  is: ContractAnswer | undefined,
): readonly OperationChange[] {
  if (was === undefined || is === undefined) return [];
  const plain = ({ content, headers }: ContractAnswer) => [[...content], headers];
  if (isSame(plain(was), plain(is))) return [];
  return [at(`answer ${status.toLowerCase()}`, undefined, changeOf('error-changed', 'out', '', 'is another'))];
}
