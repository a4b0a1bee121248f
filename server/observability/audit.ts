import type { Clock } from '../../core/clock.ts';
import type { GatewayEvent } from '../../core/observe.ts';
import type { LineSink } from './line-sink.ts';
import { scrub } from './scrub.ts';

export interface AuditOptions {
  readonly sink: LineSink;
  readonly clock: Clock;
  /** E-mail addresses appear; without it even a subject that is one is left out. */
  readonly emails: boolean;
  readonly onDrop: () => void;
}

/** Who did what, or tried to. */
export interface Audit {
  /** Writes one JSON line for what belongs in the audit log, at once; anything else is ignored. Never blocks. */
  record(event: GatewayEvent): void;
}

type Entry = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * One JSON line each for: login, refused login, logout, every denial (and every decision that could not be taken), every
 * mutation allowed. Texts are scrubbed and cut; no token is ever part of one.
 */
export function createAudit({ sink, clock, emails, onDrop }: AuditOptions): Audit {
  const named = (value: string | undefined) => (emails || value?.includes('@') !== true ? value : undefined);
  return {
    record(event) {
      const entry = entryOf(event, named);
      if (entry === undefined) return;
      const line = JSON.stringify({ time: new Date(clock()).toISOString(), ...entry }, clean);
      if (!sink.write(`${line}\n`)) onDrop();
    },
  };
}

function entryOf(event: GatewayEvent, named: (value: string | undefined) => string | undefined): Entry | undefined {
  switch (event.type) {
    case 'login':
      return loginEntry(event, named);
    case 'logout':
      return {
        audit: 'logout',
        outcome: event.all ? 'all_sessions' : 'session',
        userId: named(event.userId),
        email: named(event.email),
        requestId: event.requestId,
      };
    case 'sessions_ended':
      return endingEntry(event, named);
    case 'decision':
      if (event.outcome === 'allowed' && event.root !== 'mutation') return undefined;
      return {
        audit: event.outcome === 'allowed' ? 'mutation' : 'denied',
        outcome: event.outcome,
        userId: named(event.userId),
        email: named(event.email),
        roles: event.roles,
        field: event.field,
        root: event.root,
        permission: event.permission,
        path: event.path,
        grant: event.grant,
        requestId: event.requestId,
      };
    default:
      return undefined;
  }
}

type Named = (value: string | undefined) => string | undefined;

function loginEntry(event: GatewayEvent & { type: 'login' }, named: Named): Entry {
  return {
    audit: event.outcome === 'succeeded' ? 'login' : 'login_refused',
    outcome: event.outcome,
    userId: named(event.userId),
    issuer: event.issuer ?? event.token?.issuer,
    subject: named(event.subject),
    machine: event.machine,
    email: named(event.email),
    ...refusedToken(event),
    clientIp: event.clientIp,
    requestId: event.requestId,
  };
}

function endingEntry(event: GatewayEvent & { type: 'sessions_ended' }, named: Named): Entry {
  return {
    audit: event.outcome === 'ended' ? 'sessions_ended' : 'sessions_not_ended',
    by: event.by,
    outcome: event.outcome,
    reason: event.reason,
    issuer: event.issuer,
    subject: named(event.subject),
    sid: event.sid,
    client: event.client,
    userId: named(event.userId),
    operator: named(event.operator),
    requestId: event.requestId,
  };
}

/** Why a login was refused, and what was seen of its token; never a claim about a person. */
function refusedToken({ outcome, reason, token }: GatewayEvent & { type: 'login' }): Entry {
  if (outcome === 'succeeded') return { kind: token?.kind };
  return {
    reason,
    kind: token?.kind,
    audience: token?.audience,
    algorithm: token?.algorithm,
    kid: token?.kid,
    claim: token?.claim,
    offSecs: token?.offSecs,
  };
}

function clean(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const cut = value.length > 512 ? `${value.slice(0, 512)}…` : value;
  return key === 'requestId' ? cut : scrub(cut);
}
