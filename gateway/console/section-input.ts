import { GatewayError } from '../../plugins/errors.ts';
import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { type Permission, parsePermission, permissions } from '../../plugins/noetl-auth/access/permission.ts';
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
  const asked = { ...readAsker(roles, user, known), permission: parsed };
  if (execution === undefined) return { ...asked, path: pathOf(path) };
  const id = parseExecutionId(execution);
  if (id === undefined) throw invalid('execution must be the id of an execution: digits only');
  return { ...asked, execution: id };
}

/** Roles or a user. An empty list is a user without a role. */
function readAsker(roles: unknown, user: unknown, known: readonly string[]) {
  if (user !== undefined && roles === undefined) {
    if (typeof user === 'string' && user !== '' && user.length <= longestPath) return { user };
    throw invalid('user must be the id of a user');
  }
  // What is no list becomes one unknown name, so that it is refused below.
  const list: readonly unknown[] = Array.isArray(roles) ? roles : [undefined];
  const names = list.filter((name) => typeof name === 'string' && known.includes(name));
  if (names.length < list.length) throw invalid(`roles must be a list of ${known.join(', ')}`);
  return { roles: [...new Set(names.map(String))] };
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
export function readUserInput(input: unknown): string {
  const { user } = inputObject(input);
  if (typeof user === 'string' && user !== '' && user.length <= longestPath) return user;
  throw invalid('user must be the id of a user');
}

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

function pathOf(path: unknown): string {
  if (typeof path === 'string' && path !== '' && path.length <= longestPath) return path;
  throw invalid(`path must be a catalog path of at most ${longestPath} characters, for example data/report`);
}

/** @throws ERR_REQUEST_INVALID */
export function inputObject(input: unknown): Readonly<Record<string, unknown>> {
  if (isJsonObject(input)) return input;
  throw invalid('the body must be a JSON object');
}

/** The refusal of an input. @param message what is wrong, for the user of the page */
export const invalid = (message: string): GatewayError => new GatewayError('ERR_REQUEST_INVALID', message);
