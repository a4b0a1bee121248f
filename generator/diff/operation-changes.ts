import { answerChanges } from './answer-changes.ts';
import { bodyChanges } from './body-changes.ts';
import { type ChangeKind, changeOf } from './change-rules.ts';
import { at, type DocumentPair, type OperationChange } from './operation-change.ts';
import type { OperationContract } from './operation-contract.ts';
import { parameterChanges } from './parameter-changes.ts';

/**
 * Everything that changed between an operation and the same of the next document: the whole, then parameters, body and
 * answers. The two are matched by their template before (`upstream-diff.ts`).
 */
export const operationChanges = (
  pair: DocumentPair,
  was: OperationContract,
  is: OperationContract,
): readonly OperationChange[] => [
  ...wholeChanges(was, is),
  ...parameterChanges(pair, was, is),
  ...bodyChanges(pair, was, is),
  ...answerChanges(pair, was, is),
];

function wholeChanges(was: OperationContract, is: OperationContract): readonly OperationChange[] {
  // Calls of the old base path reach nothing.
  const basePath = `is below ${is.basePath || '/'} now, and was below ${was.basePath || '/'}`;
  return [
    ...(was.basePath === is.basePath ? [] : [whole('base-path-changed', basePath)]),
    ...deprecation(was.deprecated, is.deprecated),
    ...security(was.security, is.security),
  ];
}

const whole = (kind: ChangeKind, message: string): OperationChange =>
  at(undefined, undefined, changeOf(kind, 'in', '', message));

function deprecation(was: boolean, is: boolean): readonly OperationChange[] {
  if (was === is) return [];
  return [
    is ? whole('operation-deprecated', 'is deprecated now') : whole('operation-restored', 'is no longer deprecated'),
  ];
}

/** Compared as texts: which requirement asks for more cannot be decided in general. */
function security(was: string | undefined, is: string | undefined): readonly OperationChange[] {
  if (was === is) return [];
  if (was === undefined) return [whole('security-required', 'asks for credentials now')];
  if (is === undefined) return [whole('security-dropped', 'asks for no credentials now')];
  return [whole('security-changed', 'asks for other credentials now')];
}
