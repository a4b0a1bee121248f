import { GatewayError } from '../../plugins/errors.ts';
import { authenticated, onExecution, role } from '../../plugins/noetl-auth/access/access-rule.ts';
import type { EndTarget } from '../../plugins/noetl-auth/session/session.ts';
import type { GatewayRow, SubscriptionRow } from './gateway-config.ts';
import { type IssuerRules, issuerNamed } from './issuers.ts';

/**
 * A row for apps: `subscription { executionUpdates(id: …) { status currentStep result } }` streams each change of an
 * execution's status and steps, then what it produced, and ends. The same may see it as `execution`, again and again.
 */
export function executionUpdates<Role extends string>(): SubscriptionRow<Role> {
  return {
    gateway: 'subscription',
    sdl: 'executionUpdates(id: ID!): Execution',
    access: onExecution('view', 'id'),
    watch: 'execution',
  };
}

/**
 * A row for pages that list executions: `subscription { executionsUpdates(path: …) { id path status } }` streams executions
 * that begin or end, of one catalog path or a pattern, or of all; those that the caller may see.
 */
export function executionsUpdates<Role extends string>(): SubscriptionRow<Role> {
  return {
    gateway: 'subscription',
    sdl: 'executionsUpdates(path: String): Execution',
    access: authenticated({ rows: 'executions' }),
    watch: 'executions',
  };
}

/** How sessions are named that end together; every member is a text. */
export type SessionsNamed = Readonly<Partial<Record<'userId' | 'session' | 'issuer' | 'subject' | 'client', unknown>>>;

const help =
  'name a userId, or an issuer, alone or with a subject or a client; a session, with its userId, is one of that user';

/**
 * Which sessions are meant: those of a user, one of them, those of an issuer, of a subject at it, or that a client of it logged in.
 * @throws ERR_REQUEST_INVALID for any other combination.
 */
export function sessionsNamed(given: SessionsNamed): EndTarget {
  const named = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
  const { userId, session, issuer, subject, client } = Object.fromEntries(named);
  const isText = named.length > 0 && named.every(([, value]) => typeof value === 'string' && value !== '');
  if (!isText) throw new GatewayError('ERR_REQUEST_INVALID', help);
  if (userId !== undefined && named.length === 1) return { userId: String(userId) };
  if (userId !== undefined && session !== undefined && named.length === 2) {
    return { session: String(session), ofUser: String(userId) };
  }
  const isOfIssuer =
    issuer !== undefined &&
    userId === undefined &&
    session === undefined &&
    !(subject !== undefined && client !== undefined);
  if (!isOfIssuer) throw new GatewayError('ERR_REQUEST_INVALID', help);
  return {
    issuer: String(issuer),
    ...(subject !== undefined && { subject: String(subject) }),
    ...(client !== undefined && { client: String(client) }),
  };
}

/**
 * The same sessions with the issuer as sessions hold it: with or without the slash at its end, and by the main name of an alias.
 * An issuer that the config does not have, for example one that was removed, is taken as it is written.
 */
export function withIssuerName<Target extends EndTarget>(target: Target, issuers: readonly IssuerRules[]): Target {
  if (!('issuer' in target)) return target;
  const names = issuers.flatMap((rules) => issuerNamed(rules, target.issuer) ?? []);
  return { ...target, issuer: names[0] ?? target.issuer };
}

/**
 * A row for operators: `endSessions(userId: …)`, `endSessions(userId: …, session: …)`, `endSessions(issuer: …, subject: …)` and so
 * on end sessions on all replicas. It is written into the audit log with who did it.
 * @param names roles that may.
 */
export function endSessions<Role extends string>(...names: [Role, ...Role[]]): GatewayRow<Role> {
  return {
    gateway: 'mutation',
    description:
      'Ends sessions on all replicas: those of a user or one of them, of an issuer, of a subject at it, or of a client of it.',
    sdl: `endSessions(
      "Id of a user of NoETL." userId: String
      "With userId: one session of that user, as the console and the command sessions list name it." session: String
      "Address of an identity provider." issuer: String
      "Subject at that issuer." subject: String
      "Client of that issuer." client: String
    ): Boolean!`,
    access: role(...names),
    async resolve({ args, endSessions: end }) {
      await end(sessionsNamed(args));
      return true;
    },
  };
}
