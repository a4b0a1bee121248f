import type { CompiledGrants } from './decision.ts';
import { explainPath, type PathExplanation, type PathQuestion } from './explain.ts';
import { grantText, pathExplanationText } from './explain-text.ts';
import { type Permission, permissions } from './grant.ts';
import { parsePlaybookPath } from './playbook-path.ts';

/** An answer of `explain` as data and in its own words. */
export interface ReportedExplanation {
  readonly allowed: boolean;
  /** Lines as `noetl-gateway explain` prints them. The first is the answer. */
  readonly lines: readonly string[];
  /** The grant that would allow it; absent when it is allowed, or when no grant can. */
  readonly missing?: string;
}

/** @param onExecution asked about an execution of the playbook: `execute` on it implies `view` of its executions */
export function reportExplanation(
  compiled: CompiledGrants,
  question: PathQuestion,
  onExecution = false,
): ReportedExplanation {
  const asked = explainPath(compiled, question);
  const implied = onExecution && question.permission === 'view' && isMissing(asked);
  const execute = implied ? explainPath(compiled, { ...question, permission: 'execute' }) : undefined;
  const isImplied = execute?.decision.allowed === true;
  const explanation = isImplied && execute !== undefined ? execute : asked;
  const lines = pathExplanationText(explanation)
    .split('\n')
    .map((line) => line.trim());
  const { allowed } = explanation.decision;
  return {
    allowed,
    lines: isImplied ? [...lines, 'execute on a playbook implies view of its executions'] : lines,
    ...(isMissing(explanation) && { missing: missingGrant(question) }),
  };
}

const isMissing = ({ decision }: PathExplanation): boolean => !decision.allowed && decision.why === 'no-grant';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const missingGrant = ({ roles, permission, path }: PathQuestion): string =>
  `allow(${quoted(roles[0] ?? '<role>')}, [${quoted(permission)}], ${quoted(path)})`;

/** Which roles may do what on one path. */
export interface PathReport {
  readonly path: string;
  /** False: no pattern is tried on such a path, so no role may use it (ADR 0005). */
  readonly isNormal: boolean;
  /** It is one of the gateway's own auth playbooks. */
  readonly isReserved: boolean;
  readonly roles: readonly { readonly role: string; readonly permissions: Readonly<Record<Permission, PathCell>> }[];
}

/** The permissions of one role alone; a user has the sum of their roles, and a deny of one of them wins (ADR 0005). */
export interface PathCell {
  readonly allowed: boolean;
  /** The grant that allows or denies; absent when no grant is about it. */
  readonly grant?: string;
}

/** Each role and each permission on one path. @param path as it was asked; what is not in normal form allows nothing */
export function reportPath(compiled: CompiledGrants, roles: readonly string[], path: string): PathReport {
  const cell = (role: string, permission: Permission): PathCell => {
    const { allowed, grant } = explainPath(compiled, { roles: [role], permission, path }).decision;
    return { allowed, ...(grant !== undefined && { grant: grantText(grant) }) };
  };
  return {
    path,
    isNormal: parsePlaybookPath(path) !== undefined,
    isReserved: compiled.reserved.has(path),
    roles: roles.map((role) => ({
      role,
      permissions: Object.fromEntries(
        permissions.map((permission) => [permission, cell(role, permission)]),
      ) as Readonly<Record<Permission, PathCell>>,
    })),
  };
}
