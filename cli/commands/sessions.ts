import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { isMemoryStore } from '../../gateway/config/addresses.ts';
import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import { sessionsNamed, withIssuerName } from '../../gateway/config/gateway-rows.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { auditedTarget } from '../../gateway/identity/own-sessions.ts';
import { createAudit } from '../../gateway/observe/audit.ts';
import { createLineSink, type LineSink } from '../../gateway/observe/line-sink.ts';
import { openStore } from '../../gateway/stores/store-adapters.ts';
import { GatewayError } from '../../plugins/errors.ts';
import {
  type EndTarget,
  endingsKeptMs,
  keptUntil,
  namesToMark,
  type OneSession,
  type SessionsOf,
} from '../../plugins/noetl-auth/session/session.ts';
import { listedAtMost, listedId, liveSessionsOf } from '../../plugins/noetl-auth/session/session-list.ts';
import type { SessionStore } from '../../plugins/ports.ts';
import { loadConfig } from '../load-config.ts';

/** Which sessions: a user's, one of them, or those of an issuer, a subject at it, or a client of it. */
interface EndOptions {
  readonly user?: string;
  readonly session?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly client?: string;
  readonly dir: string;
}

/** `noetl-gateway sessions`: lists and ends sessions, on all replicas that share the session store. */
export function sessionsCommand(): Command {
  return new Command('sessions')
    .description('list or end sessions in a shared store')
    .addCommand(listCommand().exitOverride())
    .addCommand(endCommand().exitOverride());
}

function listCommand(): Command {
  return new Command('list')
    .description('list the sessions of a user, newest first')
    .requiredOption('--user <id>', 'the id that audit lines and `user_id` have')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
One line a session: id, since when, until when, roles, issuer and client; the newest ${listedAtMost}. It reads GATEWAY_SESSION_STORE.`,
    )
    .action(async ({ dir, user }: { readonly dir: string; readonly user: string }) => {
      const { config } = resolveConfig(await loadConfig(resolve(dir)), process.env);
      assertShared(config);
      const found = await inStore(config, (store) => liveSessionsOf(store, user, Date.now()));
      for (const { key, session } of found ?? []) {
        const { user: of, issuedAt, expiresAt, identity } = session;
        const roles = of.roles.join() || 'no role';
        const from = [identity?.issuer ?? 'NoETL', ...(identity?.client === undefined ? [] : [identity.client])];
        const fields = [listedId(key), issuedAt.toISOString(), expiresAt.toISOString(), roles, ...from];
        process.stdout.write(`${fields.map(plainText).join('  ')}\n`);
      }
    });
}

/** Claims may hold anything; a terminal gets no control characters. */
const plainText = (text: string): string => text.replace(/\p{C}/gu, '?');

function endCommand(): Command {
  return new Command('end')
    .description(
      'end sessions: all of a user or one of them, or all of an issuer, of one of its subjects or of one of its clients',
    )
    .option('--user <id>', 'the id that audit lines and `user_id` have')
    .option('--session <id>', 'with --user: one session, by its id in `sessions list`')
    .option('--issuer <url>', 'the issuer, as its tokens name it')
    .option('--subject <sub>', 'with --issuer: one user of it')
    .option('--client <id>', 'with --issuer: the sessions that one application logged in')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
Run it with the environment that serve gets: it writes to GATEWAY_SESSION_STORE. The gateway
refuses every session that began before now, within a second. The audit line goes to observability.auditTo; stdout is that of this command.
Only the gateway’s own process can end sessions of the store memory:, by the mutation endSessions.

  noetl-gateway sessions end --issuer https://sso.example.com/realms/acme --subject 248289761001`,
    )
    .action(async ({ dir, user, session, issuer, subject, client }: EndOptions) => {
      const { config } = resolveConfig(await loadConfig(resolve(dir)), process.env);
      const target = withIssuerName(
        sessionsNamed({ userId: user, session, issuer, subject, client }),
        config.auth.issuers,
      );
      assertShared(config);
      // The audit line is written also when the store did not answer: an operator has tried.
      await audited(config, target, () => inStore(config, (store) => endInStore(store, target, config.sessions.maxMs)));
      const ended =
        'session' in target
          ? `session ${target.session} of the user ${target.ofUser}`
          : `every session of ${JSON.stringify(target)} that began before now`;
      process.stdout.write(`ended: ${ended}\n`);
    });
}

/**
 * Writes what became of it, as the gateway does. @throws ERR_CONFIG_INVALID before anything ends, where nothing can be
 * written
 */
async function audited(config: ResolvedConfig, target: EndTarget, end: () => Promise<void>): Promise<void> {
  const { auditTo, auditEmails } = config.observability;
  const sink = auditTo === 'stdout' ? ownOutput : createLineSink({ to: auditTo });
  const audit = createAudit({ sink, clock: Date.now, emails: auditEmails, onDrop: () => {} });
  const event = { type: 'sessions_ended', by: 'operator', operator: operatorName(), ...auditedTarget(target) } as const;
  try {
    await end();
    audit.record({ ...event, outcome: 'ended' });
  } catch (error) {
    audit.record({ ...event, outcome: 'unavailable' });
    throw error;
  } finally {
    await sink.flush();
  }
}

/** The audit log on this command's own output, where the config has `stdout`. */
const ownOutput: LineSink = {
  write: (line) => process.stdout.write(line) || true,
  flush: async () => {},
  flushNow: () => {},
};

/** Who runs the command. A container often has no name for its user. */
function operatorName(): string {
  try {
    return `os:${userInfo().username}`;
  } catch {
    return `os:uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** @throws ERR_CONFIG_INVALID where only the process can end sessions */
function assertShared(config: ResolvedConfig): void {
  if (config.adapters.sessionStore !== undefined) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'adapters.sessionStore is opened by the process only', {
      problems: ['use the mutation endSessions'],
    });
  }
  if (isMemoryStore(config.sessions.store)) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'sessions are kept in memory, and only their process can end them', {
      problems: ['use the mutation endSessions, restart the process, or set GATEWAY_SESSION_STORE to a shared store'],
    });
  }
}

/**
 * Opens the store that `serve` would open, and closes it whatever happens: an open connection keeps the process alive.
 */
async function inStore<T>(config: ResolvedConfig, work: (store: SessionStore) => Promise<T>): Promise<T> {
  const store = await openStore(config, Date.now);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function endInStore(store: SessionStore, target: EndTarget, maxMs: number): Promise<void> {
  return 'session' in target ? endOne(store, target, maxMs) : endTogether(store, target, maxMs);
}

/**
 * Marks names whose sessions of before now are over (`session.ts`); no session is looked for. A mark is kept for
 * as long as a session that it ends could live.
 */
async function endTogether(store: SessionStore, target: SessionsOf, maxMs: number): Promise<void> {
  const now = Date.now();
  const until = new Date(now + maxMs + endingsKeptMs);
  await Promise.all(namesToMark(target).map((name) => store.endAllOf(name, new Date(now), until)));
}

/**
 * Ends one session by the id that lists show.
 * @throws ERR_NOT_FOUND, also for a session of another user
 */
async function endOne(store: SessionStore, { ofUser, session: id }: OneSession, maxMs: number): Promise<void> {
  const found = await liveSessionsOf(store, ofUser, Date.now());
  // The id is a short hash of the key: it is of no use elsewhere, and so it is searched for.
  const one = found?.find(({ key }) => listedId(key) === id);
  if (one === undefined) throw new GatewayError('ERR_NOT_FOUND', 'the user has no such session');
  await store.end(one.key, keptUntil(one.session, maxMs), ofUser);
}
