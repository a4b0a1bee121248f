import { join } from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { DevGateway } from '../../dev/start-dev.ts';
import { endWithParent } from '../../dev/start-dev.ts';
import { loadConfig } from '../load-config.ts';
import { buildPages, packageVersion } from '../package.ts';
import { driftOf, policyCasesOf, policyFileOf, readSchema, restDocumentOf } from './serve.ts';

interface DevArguments {
  readonly dir: string;
  readonly user: string;
  readonly speak: 'python' | 'rust';
  readonly lag: number;
}

/** `noetl-gateway dev`: everything in one process, and the protocol's lines ready to paste. */
export function devCommand(): Command {
  return new Command('dev')
    .description('run the gateway on :8090 with a stand-in NoETL and a local OpenID issuer; for development only')
    .option(
      '-u, --user <name>',
      'the user whose token is in the printed commands: a sample user, or a role of the config',
      'developer',
    )
    .addOption(
      new Option('--speak <server>', 'the server that the stand-in imitates')
        .choices(['python', 'rust'])
        .default('python'),
    )
    .addOption(
      new Option('--lag <seconds>', 'delay of the stand-in’s engine after the events of a step, 0 to 60')
        .argParser(secondsOf)
        .default(0),
    )
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
The stand-in answers in the shapes of a real server: Python 4.26 or, with --speak rust, Rust 3.54.
--lag 3 shows what apps see when NoETL is busy: for 3 seconds after the end of a step, NoETL still reports it as running.
Only the Python server has this lag. Sample playbooks are regression_test/*; for example
regression_test/live runs for some seconds, regression_test/fail_then_work continues after a failed step,
regression_test/rows_40 stores its rows behind a reference, regression_test/one_step has no terminal event.

Ports: ROUTER_PORT (8090) and GATEWAY_INTERNAL_PORT (8091). Everything listens on this machine only.
Pages of this machine may call the gateway, at any port (CORS). GATEWAY_POLICY_FILE names a file with grants;
the gateway reads it again after each change. LOG_LEVEL=info shows each request. The gateway ends when its parent process ends.`,
    )
    .action(async ({ dir, user, speak, lag }: DevArguments) => {
      await buildPages();
      // Loaded after the flags are read, so that `--help` loads no gateway.
      const { startDev } = await import('../../dev/start-dev.ts');
      const config = await loadConfig(dir);
      const dev = await startDev({
        config,
        sdl: await readSchema(dir),
        environment: process.env,
        version: packageVersion(),
        ...(await restDocumentOf(dir)),
        ...policyFileOf(process.env),
        ...policyCasesOf(dir),
        driftOf: (resolved) => driftOf(dir, config, resolved),
        noetl: { openapiFile: join(dir, 'openapi', 'noetl.json'), speak, lagMs: lag * 1_000 },
      });
      stopOnSignals(dev);
      // The servers run by now: what fails below must not leave them behind.
      try {
        console.log(await welcomeText(dev, user));
      } catch (error) {
        await dev.stop();
        throw error;
      }
    });
}

/**
 * Zero is allowed and an empty text is not, which `Number` reads as zero. @throws InvalidArgumentError, which commander
 * prints
 */
function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 60) return seconds;
  throw new InvalidArgumentError('Give a number of seconds from 0 to 60, for example 3.');
}

/** Ends all servers at a signal, and when the parent process has ended. */
function stopOnSignals(dev: DevGateway): void {
  const stop = () => {
    dev.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  endWithParent(stop);
}

/**
 * What `dev` prints when it is ready: links for each user, and the protocol's lines with everything filled in.
 * @param user whose tokens are in the lines to paste
 * @throws what a login throws, for example for a user that the issuer does not have
 */
export async function welcomeText(dev: DevGateway, user: string): Promise<string> {
  const mine = await dev.login(user);
  const links = await Promise.all(
    Object.keys(dev.roles).map(async (name) => userLinks(dev, name, (await dev.login(name)).sessionToken)),
  );
  return `${header(dev, links, user)}\n${linesToPaste(dev, mine)}\n\nCtrl-C stops everything.`;
}

/** The token is in the fragment, which no server is sent (RFC 3986, section 3.5); the page takes it from there. */
function userLinks({ url, internalUrl, roles }: DevGateway, name: string, token: string): string {
  return `  ${name} (${roles[name]?.join(', ') ?? ''})
    GraphiQL   ${url}/graphql#token=${token}
    console    ${internalUrl}/console#token=${token}`;
}

function header({ url, internalUrl, issuer, noetl }: DevGateway, links: readonly string[], user: string): string {
  return `
NoETL Gateway, for development only: anyone on this machine can log in as anyone.

  gateway    ${url}
  internal   ${internalUrl}   /console  /ready  /metrics
  NoETL      ${noetl.url.origin}   (stand-in)
  issuer     ${issuer.issuer}

Open as one of the users. The link logs in:

${links.join('\n')}

Lines to paste, as ${user} (npm run dev -- --user <name> for another user):
`;
}

/** The commands of the protocol (Example: Complete Flow), in its order, with names and tokens that work here. */
function linesToPaste(
  { url, issuer }: DevGateway,
  { sessionToken, identityToken }: { readonly sessionToken: string; readonly identityToken: string },
): string {
  return `Session token
  ${sessionToken}

# Log in with an identity token
curl -s -X POST "${url}/api/auth/login" \\
  -H "Content-Type: application/json" \\
  -d '{"auth0_token": "${identityToken}", "auth0_domain": "${new URL(issuer.issuer).host}", "session_duration_hours": 8}'

# Execute a playbook, and keep the execution's id
STARTED=$(curl -s -X POST "${url}/graphql" \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer ${sessionToken}" \\
  -d '{"query": "mutation Execute($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { id name status textOutput } }", "variables": {"name": "api_integration/amadeus_ai_api", "vars": {"query": "Flight from SFO to JFK"}}}')
echo "$STARTED"
EXECUTION_ID=$(echo "$STARTED" | sed 's/.*"id":"\\([0-9]*\\)".*/\\1/')

# Check status: again until it is COMPLETED
curl -s -X POST "${url}/graphql" \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer ${sessionToken}" \\
  -d '{"query": "query Status($id: ID!) { execution(id: $id) { id status result } }", "variables": {"id": "'$EXECUTION_ID'"}}'

# Watch the steps of a playbook while they happen: four steps, one second each
LIVE=$(curl -s -X POST "${url}/graphql" \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer ${sessionToken}" \\
  -d '{"query": "mutation { executePlaybook(name: \\"regression_test/live\\", variables: {seconds: 4}) { id } }"}' | sed 's/.*"id":"\\([0-9]*\\)".*/\\1/')
curl -sN -X POST "${url}/graphql" \\
  -H "Content-Type: application/json" \\
  -H "Accept: text/event-stream" \\
  -H "Authorization: Bearer ${sessionToken}" \\
  -d '{"query": "subscription Watch($id: ID!) { executionUpdates(id: $id) { status currentStep result } }", "variables": {"id": "'$LIVE'"}}'

# May this session execute that?
curl -s -X POST "${url}/api/auth/check-access" \\
  -H "Content-Type: application/json" \\
  -d '{"session_token": "${sessionToken}", "playbook_path": "system/cleanup", "permission_type": "execute"}'`;
}
