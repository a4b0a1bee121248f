import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { sessionsNamed, withIssuerName } from '../../core/config/end-sessions.ts';
import { resolveConfig } from '../../core/config/resolve-config.ts';
import type { ResolvedConfig } from '../../core/config/resolved-config.ts';
import { isMemoryStore } from '../../core/config/store-kinds.ts';
import { GatewayError } from '../../core/errors.ts';
import { endingsKeptMs } from '../../core/session/session-lifetime.ts';
import { namesToMark, type SessionsOf } from '../../core/session/session-marks.ts';
import { createAudit } from '../../server/observability/audit.ts';
import { createLineSink, type LineSink } from '../../server/observability/line-sink.ts';
import { openStore } from '../../server/stores/store-adapters.ts';
import { loadConfig } from '../load-config.ts';

interface EndOptions {
  readonly user?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly client?: string;
  readonly dir: string;
}

/** `noetl-gateway sessions end`: ends sessions together, on all replicas that share the session store. */
export function sessionsCommand(): Command {
  const end = new Command('end')
    .description('end all sessions of a user, of an issuer, of a subject at it, or that a client of it logged in')
    .option('--user <id>', 'the id that audit lines and `user_id` have')
    .option('--issuer <url>', 'the issuer, as its tokens name it')
    .option('--subject <sub>', 'with --issuer: one user there')
    .option('--client <id>', 'with --issuer: what one application logged in')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
Run it with the environment that serve gets: it writes to GATEWAY_SESSION_STORE. Every session that began before now is
refused within a second. An audit line goes where observability.auditTo says; stdout: of this command. Sessions in memory: can be ended by their own process only, by the mutation endSessions.

  noetl-gateway sessions end --issuer https://sso.example.com/realms/acme --subject 248289761001`,
    )
    .action(async ({ dir, user, issuer, subject, client }: EndOptions) => {
      const { config } = resolveConfig(await loadConfig(resolve(dir)), process.env);
      const target = withIssuerName(sessionsNamed({ userId: user, issuer, subject, client }), config.auth.issuers);
      assertShared(config);
      await audited(config, target, () => endInStore(config, namesToMark(target)));
      process.stdout.write(`ended: every session of ${JSON.stringify(target)} that began before now\n`);
    });
  return new Command('sessions').description('sessions that a shared store keeps').addCommand(end.exitOverride());
}

/** Writes what became of it, as the gateway does. @throws ERR_CONFIG_INVALID before anything ends, where nothing can be written */
async function audited(config: ResolvedConfig, target: SessionsOf, end: () => Promise<void>): Promise<void> {
  const { auditTo, auditEmails } = config.observability;
  const sink = auditTo === 'stdout' ? ownOutput : createLineSink({ to: auditTo });
  const audit = createAudit({ sink, clock: Date.now, emails: auditEmails, onDrop: () => {} });
  const event = { type: 'sessions_ended', by: 'operator', operator: operatorName(), ...target } as const;
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

async function endInStore(config: ResolvedConfig, names: readonly string[]): Promise<void> {
  const store = await openStore(config, Date.now);
  try {
    const now = Date.now();
    const until = new Date(now + config.sessions.maxMs + endingsKeptMs);
    await Promise.all(names.map((name) => store.endAllOf(name, new Date(now), until)));
  } finally {
    await store.close();
  }
}
