import { resolve } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import type { Identity } from '../../gateway/config/login-ports.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { isEmailNeeded } from '../../gateway/config/resolve-issuers.ts';
import { createIdentityVerifier } from '../../gateway/identity/identity-verifier.ts';
import { issuerProblem } from '../../gateway/identity/issuer-documents.ts';
import { helpFor, isRefusal } from '../../plugins/login-refusal.ts';
import { loadConfig } from '../load-config.ts';
import { loadTools } from '../package.ts';

interface DoctorOptions {
  readonly dir: string;
  readonly json?: boolean;
  readonly login?: boolean;
  readonly domain?: string;
}

/** `noetl-gateway doctor`: looks at everything that a gateway needs. Exits 1 when something has to be done. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'check environment, start, upstream, issuers, session store and drift: one line each, with the next step',
    )
    .option('--json', 'print JSON, for programs')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .option('--login', 'verify a token from standard input as a login would, and print the deciding claim')
    .option('--domain <host>', 'with --login: auth0_domain of the login')
    .addHelpText(
      'after',
      `
Run it with the environment that serve gets. To find what would stop serve, doctor builds the same gateway, which then does not listen.
doctor reads the token from standard input, so that the shell history does not contain it:
  noetl-gateway doctor --login < token.txt`,
    )
    .action(async ({ dir, json, login, domain }: DoctorOptions) => {
      const projectDir = resolve(dir);
      if (login === true) return printTriedLogin(projectDir, domain);
      const { examineProject } = await loadTools(() => import('../doctor/examine-project.ts'));
      const { findings, text, hasProblem } = await examineProject(projectDir, await loadConfig(projectDir));
      process.stdout.write(json === true ? `${JSON.stringify(findings, undefined, 2)}\n` : text);
      process.exitCode = hasProblem ? 1 : 0;
    });
}

/** Exits 1 when the token would not log in. */
async function printTriedLogin(projectDir: string, domain: string | undefined): Promise<void> {
  const { config } = resolveConfig(await loadConfig(projectDir), process.env);
  const { lines, isAccepted } = await tryLogin(config, (await text(process.stdin)).trim(), domain);
  // Values of claims may hold anything, and a terminal obeys control characters. Line breaks stay.
  process.stdout.write(`${lines.join('\n').replaceAll(/[^\P{Cc}\n]/gu, '?')}\n`);
  process.exitCode = isAccepted ? 0 : 1;
}

/** What a token would do at a login, as lines for a person. */
interface TriedLogin {
  readonly lines: readonly string[];
  readonly isAccepted: boolean;
}

/**
 * Verifies a token as the process does, without a login: NoETL is not asked and no session is made. The token is in no
 * line.
 * @param domain `auth0_domain` of the login.
 * @returns `isAccepted` false both for a refused token and for an issuer that could not be asked; the lines name the case
 * @throws for an error of the gateway itself
 */
export async function tryLogin(config: ResolvedConfig, token: string, domain: string | undefined): Promise<TriedLogin> {
  const { issuers, jwtMode, login } = config.auth;
  const email = isEmailNeeded(login) ? 'needed' : 'optional';
  const { verify } = createIdentityVerifier({ issuers, mode: jwtMode, email, clock: Date.now, observe: () => {} });
  try {
    const verdict = await verify(token, domain);
    if (!isRefusal(verdict)) return { isAccepted: true, lines: acceptedLines(verdict.identity) };
    const seen = Object.entries(verdict.seen).map(([name, value]) => `  ${name}: ${value}`);
    return { isAccepted: false, lines: [`refused: ${verdict.reason}: ${helpFor(verdict.reason)}`, ...seen] };
  } catch (error) {
    const problem = issuerProblem(error);
    if (problem === undefined) throw error;
    return { isAccepted: false, lines: [`could not be found out: ${problem.issuer}: ${problem.problem}`] };
  }
}

function acceptedLines(identity: Identity): readonly string[] {
  const { issuer, subject, email, name, kind, isMachine, client, roles, droppedRoles, expiresAt } = identity;
  return [
    `accepted: ${kind}${isMachine ? ' of a machine' : ''}, until ${expiresAt.toISOString()}`,
    `  issuer: ${issuer}`,
    `  subject: ${subject}`,
    `  client: ${client ?? '(none)'}`,
    `  e-mail: ${email ?? '(none that may be used)'}`,
    `  name: ${name ?? '(none)'}`,
    `  roles, where the gateway issues sessions: ${roles.join(', ') || '(none)'}`,
    ...(droppedRoles.length === 0 ? [] : [`  dropped, not a role of this config: ${droppedRoles.join(', ')}`]),
  ];
}
