import { reportExplanation, reportPath } from '../../plugins/noetl-auth/access/path-report.ts';
import { lintPolicy } from '../../plugins/noetl-auth/access/policy-lint.ts';
import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import type { Sessions } from '../../plugins/ports.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { auditedId } from '../observe/audit.ts';
import type { ExecutableSchema } from '../operations/executable-schema.ts';
import { reportAccess } from '../policy/access-report.ts';
import { wireTime, wireUser } from '../rest/wire.ts';
import type { ConsoleSections } from './console.ts';
import type { ExplainedAccess } from './console-answers.ts';
import { consoleFields } from './console-fields.ts';
import { createHealthSection, type HealthGiven } from './health-section.ts';
import { createPolicySections, type PolicySectionsGiven } from './policy-sections.ts';
import type { Replicas } from './replicas.ts';
import { type AskedExplanation, readAuditInput, readExplainInput, readPathInput } from './section-input.ts';
import { createSessionsSection } from './sessions-section.ts';
import { createUpstreamSection, type UpstreamSectionGiven } from './upstream-section.ts';

export interface SectionsGiven extends HealthGiven, PolicySectionsGiven {
  /** The host. */
  readonly replica: string;
  readonly replicas: Pick<Replicas, 'list'>;
  readonly upstream: UpstreamSectionGiven | undefined;
  readonly sessions: Pick<Sessions, 'sessionsOf'>;
}

/** What the console shows of the gateway itself, by the name in `/console/api/<name>` (ADR 0015). Each is read-only. */
export function createSections(given: SectionsGiven): ConsoleSections {
  const { config, grants, audit } = given;
  const { roles } = config;
  // Once: the schema does not change while the process runs.
  const fields = consoleFields(given.executable);
  return {
    me: {
      to: 'session',
      answer: (_input, { session }) => ({
        user: wireUser(session.user),
        expiresAt: wireTime(session.expiresAt),
        version: given.version,
        mode: config.mode,
        // Without a public address the page cannot know where the public listener is.
        ...(config.listen.publicUrl !== undefined && { graphiql: new URL('/graphql', config.listen.publicUrl).href }),
        isOperator: isOperator(session, config),
        operatorRoles: config.console.roles,
        roles,
        fields,
      }),
    },
    starts: {
      to: 'session',
      async answer(_input, { session }) {
        const me = auditedId(session.user.userId, config.observability.auditEmails);
        // Others than operators see their own starts; the filter is here, where the lines are.
        const starts = audit.starts(isOperator(session, config) ? undefined : me);
        return { me, starts, replica: given.replica };
      },
    },
    access: {
      to: 'operator',
      answer: () => ({
        ...reportAccess(grants(), roles, given.executable.rootFields),
        warnings: lintPolicy({ grants: grants().grants, roles, rules: rulesOf(given.executable) }),
        checker: config.adapters.accessChecker === undefined ? config.auth.access.checker : 'custom',
        combine: config.auth.access.combine,
        policyFile: given.policy?.state(),
      }),
    },
    path: { to: 'operator', answer: (input) => reportPath(grants(), roles, readPathInput(input)) },
    ...createPolicySections(given),
    health: createHealthSection(given, given.replicas),
    upstream: createUpstreamSection(given.upstream, given.clock),
    audit: {
      to: 'operator',
      answer: async (input) => ({
        ...audit.search(readAuditInput(input)),
        auditTo: config.observability.auditTo === 'stdout' ? 'stdout' : 'a file',
        replica: given.replica,
      }),
    },
    sessions: createSessionsSection(given.sessions),
    explain: {
      to: 'operator',
      answer: (input, _caller, { requestId }) => explain(readExplainInput(input, roles), given, requestId),
    },
  };
}

/** Access rules by root field. */
const rulesOf = ({ rootFields }: ExecutableSchema) =>
  new Map([...rootFields].map(([field, { row }]) => [field, row.access] as const));

/** For what is shown. What an operator may ask is decided by the rule of `console`, see `console.ts`. */
const isOperator = ({ user }: Session, { console }: ResolvedConfig): boolean =>
  user.roles.some((name) => console.roles.includes(name));

/** The answer of `explain` for roles or a user, on a path or on the playbook of an execution. */
async function explain(asked: AskedExplanation, given: SectionsGiven, requestId: string): Promise<ExplainedAccess> {
  const { permission } = asked;
  const who = 'user' in asked ? await rolesOfUser(asked.user, given) : { roles: asked.roles };
  if (who === undefined) {
    const text = 'unknown: the newest audit lines do not name the roles of this user; choose roles';
    return { allowed: false, lines: [text] };
  }
  const { roles } = who;
  if ('path' in asked) return { ...who, ...reportExplanation(given.grants(), { roles, permission, path: asked.path }) };
  const path = await given.executable.pathOfExecution(asked.execution, { requestId });
  if (path === undefined)
    return { allowed: false, lines: ['no: NoETL has no such execution, or does not name its playbook'] };
  return { path, ...who, ...reportExplanation(given.grants(), { roles, permission, path }, true) };
}

/** The roles that a user had in the newest audit line that names them. A login has no such line; a start or a denial has. */
async function rolesOfUser(user: string, { audit, config }: SectionsGiven) {
  const { entries } = audit.search({ userId: user });
  const found = entries.find(({ roles }) => Array.isArray(roles));
  const roles = (found?.['roles'] ?? []) as readonly string[];
  // Roles of an earlier config count for nothing now.
  return found && { roles: roles.filter((name) => config.roles.includes(name)), seenAt: String(found['time']) };
}
