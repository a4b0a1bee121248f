import { GatewayError } from '../../plugins/errors.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { UpstreamReport } from '../../plugins/noetl/upstream-answer.ts';
import { reportExplanation, reportPath } from '../../plugins/noetl-auth/access/path-report.ts';
import { lintPolicy } from '../../plugins/noetl-auth/access/policy-lint.ts';
import type { ListedSession, Session } from '../../plugins/noetl-auth/session/session.ts';
import { listedAtMost, listedId } from '../../plugins/noetl-auth/session/session-list.ts';
import { sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Sessions } from '../../plugins/ports.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { auditedId } from '../observe/audit.ts';
import type { ExecutableSchema } from '../operations/executable-schema.ts';
import { reportAccess } from '../policy/access-report.ts';
import { wireTime, wireUser } from '../rest/session-wire.ts';
import { driftText } from '../upstream/document-check.ts';
import type { DriftWatch, UpstreamKnowledge } from '../upstream/drift-watch.ts';
import type { ConsoleSections } from './console.ts';
import type { ExplainedAccess, ShownSession, UpstreamComparison } from './console-answers.ts';
import { consoleFields } from './console-fields.ts';
import { createHealthSection, type HealthGiven, type Replicas } from './health.ts';
import { createPolicySections, type PolicySectionsGiven } from './policy-sections.ts';
import {
  type AskedExplanation,
  readAuditInput,
  readExplainInput,
  readPathInput,
  readUserInput,
} from './section-input.ts';

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

/**
 * The sessions of a user, without anything that a session could be used or ended with elsewhere: no token, no key. One is ended by
 * the field `endSessions`, with its own access rule.
 */
export function createSessionsSection(sessions: Pick<Sessions, 'sessionsOf'>): ConsoleSections['sessions'] {
  return {
    to: 'operator',
    async answer(input, { token }) {
      const listed = await sessions.sessionsOf(readUserInput(input));
      if (listed === undefined) return { isListed: false, atMost: listedAtMost, sessions: [] };
      // By the id and not by the token: what is listed holds neither token nor key.
      const ownId = listedId(sessionKey(token));
      const shown = listed.map((one) => ({ ...shownSession(one), isOwn: one.id === ownId }));
      return { isListed: true, atMost: listedAtMost, sessions: shown };
    },
  };
}

function shownSession({
  id,
  session: { user, issuedAt, expiresAt, identity },
}: ListedSession): Omit<ShownSession, 'isOwn'> {
  return {
    id,
    since: wireTime(issuedAt),
    until: wireTime(expiresAt),
    roles: user.roles,
    // Absent: NoETL made the session, and the gateway was not asked.
    ...(identity !== undefined && {
      login: { issuer: identity.issuer, client: identity.client, isMachine: identity.isMachine === true },
    }),
  };
}

export interface UpstreamSectionGiven {
  readonly watch: Pick<DriftWatch, 'look' | 'found'>;
  readonly knowledge: UpstreamKnowledge;
}

/** A look that was asked for is made at most once in this time, for all operators. */
const quietMs = 5_000;

/**
 * NoETL's live document against the pulled one. Each document is compared once. A POST with `look: true` looks again.
 * @param given undefined: no document was pulled into this project
 */
export function createUpstreamSection(
  given: UpstreamSectionGiven | undefined,
  clock: () => number,
): ConsoleSections['upstream'] {
  let made: { readonly hash: string; readonly report: Promise<UpstreamReport> } | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;

  function reportOn({ watch, knowledge }: UpstreamSectionGiven): Promise<UpstreamReport> {
    const live = watch.found()?.live;
    // Without a live document the report is about the pulled one alone: what is closed.
    const hash = live?.hash ?? '';
    if (made?.hash !== hash) {
      // A failure is not kept: the next look compares again.
      const report = knowledge.report(live?.document).catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      made = { hash, report };
    }
    return made.report;
  }

  async function answer(input: unknown): Promise<UpstreamComparison> {
    if (given === undefined) return { state: 'none' };
    const { watch, knowledge } = given;
    const isAsked = isJsonObject(input) && input['look'] === true;
    const known = watch.found();
    const isNew = known === undefined || (isAsked && clock() - lookedMs >= quietMs);
    // Before the look, so that operators who ask meanwhile do not start another one.
    if (isNew) lookedMs = clock();
    const found = isNew ? await watch.look() : known;
    const { state, atMs, live } = found;
    try {
      return {
        state,
        text: driftText(found),
        at: atMs,
        pulled: knowledge.pulled,
        live: live && nameOf(live.document),
        report: await reportOn(given),
      };
    } catch (error) {
      throw new GatewayError('ERR_UPSTREAM', 'NoETL’s live document cannot be compared; run noetl-gateway diff', {
        cause: error,
      });
    }
  }
  return { to: 'operator', answer };
}

function nameOf({ info, paths }: Readonly<Record<string, unknown>>) {
  const version = isJsonObject(info) && typeof info['version'] === 'string' ? info['version'] : 'unknown';
  return { version, paths: isJsonObject(paths) ? Object.keys(paths).length : 0 };
}
