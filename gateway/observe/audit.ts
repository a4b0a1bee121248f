import { hash } from 'node:crypto';
import type { Clock } from '../../plugins/clock.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import type { ExchangeMarks } from '../http/exchange-scope.ts';
import type { LineSink } from './line-sink.ts';
import { isPlain, scrub, scrubKnown } from './scrub.ts';

export interface AuditOptions {
  readonly sink: LineSink;
  readonly clock: Clock;
  /** E-mail addresses appear; without it a subject or a user id that is one appears as a hash. */
  readonly emails: boolean;
  /** The exchange that an event happens in. */
  readonly exchange?: () => ExchangeMarks | undefined;
  /** Called for each line that the sink did not take. */
  readonly onDrop: () => void;
}

/** Who did what, or tried to. */
export interface Audit {
  /** Hands one JSON line for what belongs in the audit log to the sink; anything else is ignored. Never blocks. */
  record(event: GatewayEvent): void;
}

/**
 * One JSON line each for: login, refused login, logout, every denial (and every decision that could not be taken), and what
 * became of every mutation that was allowed. Each has the caller's address, a request id of ours and the caller's own. Texts
 * are cut, and scrubbed where they are not ids or catalog paths; no token is ever part of one.
 */
export function createAudit({ sink, clock, emails, exchange = () => undefined, onDrop }: AuditOptions): Audit {
  const named: Named = {
    id: (value) => value && auditedId(value, emails),
    email: (value) => (emails ? value : undefined),
  };
  return {
    record(event) {
      const entry = entryOf(event, named);
      if (entry === undefined) return;
      const time = new Date(clock()).toISOString();
      if (!sink.write(lineOf({ time, category: 'audit', ...entry, ...marksOf(event, exchange()) }))) onDrop();
    },
  };
}

/** How the audit log names a user or a subject: an address is a hash there, unless addresses appear. */
export const auditedId = (id: string, emails: boolean): string => (emails || !id.includes('@') ? id : pseudonym(id));

/** Keeps users apart without naming them. */
const pseudonym = (value: string): string => `sha256:${hash('sha256', value).slice(0, 16)}`;

/** Members of a line, in their order. Their names are the gateway's own. */
type AuditMembers = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Ids, and catalog paths in normal form: they may look like a token, and are what the log is searched by. */
const ids = new Set([
  'requestId',
  'callerRequestId',
  'traceId',
  'executionId',
  'path',
  'userId',
  'subject',
  'operator',
  'machine',
  'client',
]);

const maxChars = 512;

function lineOf(members: AuditMembers): string {
  const line = JSON.stringify(members);
  // Most lines are short and have nothing to scrub; then no member has to be looked at alone.
  if (line.length <= maxChars && isPlain(line)) return `${line}\n`;
  return `${JSON.stringify(members, (name, value) => (typeof value === 'string' ? clean(name, value) : value))}\n`;
}

/** Cut before it is scrubbed, so that the work has a bound. The cut is marked. */
function clean(name: string, value: string): string {
  const cut = value.length > maxChars ? `${value.slice(0, maxChars)}…` : value;
  return ids.has(name) ? scrubKnown(cut) : scrub(cut);
}

/** Members of the exchange that the event does not have. */
function marksOf(event: GatewayEvent, exchange: ExchangeMarks | undefined): AuditMembers {
  // Events of work that outlives its exchange bring their own; for the others it is that of the exchange which is
  // running.
  const { clientIp, requestId } = event as { readonly clientIp?: string; readonly requestId?: string };
  return {
    clientIp: clientIp ?? exchange?.clientIp,
    requestId: requestId ?? exchange?.requestId,
    callerRequestId: exchange?.callerRequestId,
  };
}

function entryOf(event: GatewayEvent, named: Named): AuditMembers | undefined {
  switch (event.type) {
    case 'login':
      return loginEntry(event, named);
    case 'logout':
      return {
        audit: 'logout',
        outcome: event.all ? 'all_sessions' : 'session',
        userId: named.id(event.userId),
        email: named.email(event.email),
      };
    case 'sessions_ended':
      return endingEntry(event, named);
    case 'decision':
      // An allowed call is reported with its outcome.
      if (event.outcome === 'allowed') return undefined;
      return {
        audit: 'denied',
        outcome: event.outcome,
        reason: event.reason,
        root: event.root,
        ...access(event, named),
      };
    case 'outcome': {
      const { outcome, code, executionId, reason } = event;
      return { audit: 'mutation', outcome, code, executionId, reason, ...access(event, named) };
    }
    default:
      return undefined;
  }
}

/** How users appear. */
interface Named {
  readonly id: (value: string | undefined) => string | undefined;
  readonly email: (value: string | undefined) => string | undefined;
}

/** Who wanted to do what, and the grant that decided. */
function access(event: GatewayEvent & { type: 'decision' | 'outcome' }, named: Named): AuditMembers {
  const { userId, email, roles, field, permission, path, grant } = event;
  return { userId: named.id(userId), email: named.email(email), roles, field, permission, path, grant };
}

function loginEntry(event: GatewayEvent & { type: 'login' }, named: Named): AuditMembers {
  return {
    audit: event.outcome === 'succeeded' ? 'login' : 'login_refused',
    outcome: event.outcome,
    userId: named.id(event.userId),
    issuer: event.issuer ?? event.token?.issuer,
    subject: named.id(event.subject),
    machine: event.machine,
    email: named.email(event.email),
    ...refusedToken(event),
  };
}

/** An order to end sessions: by the provider (`by: provider`, with issuer, subject or sid) or by an operator. */
function endingEntry(event: GatewayEvent & { type: 'sessions_ended' }, named: Named): AuditMembers {
  return {
    audit: event.outcome === 'ended' ? 'sessions_ended' : 'sessions_not_ended',
    by: event.by,
    outcome: event.outcome,
    reason: event.reason,
    issuer: event.issuer,
    subject: named.id(event.subject),
    sid: event.sid,
    client: event.client,
    userId: named.id(event.userId),
    session: event.session,
    operator: named.id(event.operator),
  };
}

/** Why a login was refused, and what was seen of its token; never a claim about a person. */
function refusedToken({ outcome, reason, token }: GatewayEvent & { type: 'login' }): AuditMembers {
  if (outcome === 'succeeded') return { kind: token?.kind };
  const { kind, audience, algorithm, kid, claim, offSecs } = token ?? {};
  return { reason, kind, audience, algorithm, kid, claim, offSecs };
}
