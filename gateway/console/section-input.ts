import { GatewayError } from '../../plugins/errors.ts';
import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { type Permission, parsePermission, permissions } from '../../plugins/noetl-auth/access/grant.ts';
import { maxDraftLength } from '../policy/policy-draft.ts';
import type { AuditSearch } from './audit-ring.ts';

/** A question of the console: who, what, and on which playbook or execution. */
export type AskedExplanation = { readonly permission: Permission } & (
  | { readonly roles: readonly string[] }
  // By the id that audit lines have; the roles are those of the newest line.
  | { readonly user: string }
) &
  ({ readonly path: string } | { readonly execution: string });

/** Characters of a path, of an id and of a search text. All of them end up in messages and comparisons. */
const longestPath = 1_024;

/**
 * @param known the roles of the config: a misspelt role would be explained as one without grants
 * @throws ERR_REQUEST_INVALID
 */
export function readExplainInput(input: unknown, known: readonly string[]): AskedExplanation {
  const { roles, user, permission, path, execution } = inputObject(input);
  const parsed = typeof permission === 'string' ? parsePermission(permission) : undefined;
  if (parsed === undefined) throw invalid(`permission must be one of ${permissions.join(', ')}`);
  const who = user !== undefined && roles === undefined ? { user: userOf(user) } : { roles: rolesOf(roles, known) };
  const asked = { ...who, permission: parsed };
  if (execution === undefined) return { ...asked, path: pathOf(path) };
  const id = parseExecutionId(execution);
  if (id === undefined) throw invalid('execution must be the id of an execution: digits only');
  return { ...asked, execution: id };
}

/** A search in the audit entries; every member may be missing. @throws ERR_REQUEST_INVALID */
export function readAuditInput(input: unknown): AuditSearch {
  const given = input === undefined ? {} : inputObject(input);
  const search = Object.fromEntries(['text', 'audit', 'outcome'].map((name) => [name, given[name] ?? '']));
  if (Object.values(search).some((value) => typeof value !== 'string' || value.length > longestPath)) {
    throw invalid(`text, audit and outcome must be texts of at most ${longestPath} characters`);
  }
  return search;
}

/** @throws ERR_REQUEST_INVALID */
export const readUserInput = (input: unknown): string => userOf(inputObject(input)['user']);

/** @throws ERR_REQUEST_INVALID */
export const readPathInput = (input: unknown): string => pathOf(inputObject(input)['path']);

/** The text of a policy file or of a file of cases. @throws ERR_REQUEST_INVALID */
export function readDraft(input: unknown): string {
  const { text } = inputObject(input);
  if (typeof text === 'string' && text.length <= maxDraftLength) return text;
  throw invalid(`text must have at most ${maxDraftLength} characters`);
}

/** The text of a file of cases; undefined: that of the project. @throws ERR_REQUEST_INVALID */
export const readCasesInput = (input: unknown): string | undefined =>
  input === undefined || inputObject(input)['text'] === undefined ? undefined : readDraft(input);

/** An empty list is a user without a role. What is not a list has an unknown role. */
function rolesOf(roles: unknown, known: readonly string[]): readonly string[] {
  const list: readonly unknown[] = Array.isArray(roles) ? roles : [undefined];
  const names = list.filter((name): name is string => typeof name === 'string' && known.includes(name));
  if (names.length < list.length) throw invalid(`roles must be a list of ${known.join(', ')}`);
  return [...new Set(names)];
}

const userOf = (user: unknown): string => shortText(user, 'user must be the id of a user');

const pathOf = (path: unknown): string =>
  shortText(path, `path must be a catalog path of at most ${longestPath} characters, for example data/report`);

function shortText(value: unknown, message: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= longestPath) return value;
  throw invalid(message);
}

function inputObject(input: unknown): Readonly<Record<string, unknown>> {
  if (isJsonObject(input)) return input;
  throw invalid('the body must be a JSON object');
}

const invalid = (message: string): GatewayError => new GatewayError('ERR_REQUEST_INVALID', message);
