import { join } from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { DevGateway } from '../../dev/start-dev.ts';
import { buildPages } from '../build-pages.ts';
import { loadConfig } from '../load-config.ts';
import { packageVersion } from '../package-version.ts';
import { readSchema, restDocumentOf } from './serve.ts';

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
    .option('-u, --user <name>', 'who logs in: admin, developer, analyst or viewer', 'developer')
    .addOption(
      new Option('--speak <server>', 'whose wire shapes the stand-in has')
        .choices(['python', 'rust'])
        .default('python'),
    )
    .addOption(
      new Option('--lag <seconds>', 'how far the stand-in’s engine is behind the events of a step, 0 to 60')
        .argParser(secondsOf)
        .default(0),
    )
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .addHelpText(
      'after',
      `
The stand-in answers in the shapes of a real server: Python 4.26 or, with --speak rust, Rust 3.54.
--lag 3 shows what apps see when NoETL is busy: for 3 seconds a step has ended and NoETL has not noticed.
Only the Python server has this lag. Sample playbooks are regression_test/*; for example
regression_test/live works for some seconds, regression_test/fail_then_work fails and goes on,
regression_test/rows_40 keeps its rows behind a reference, regression_test/list_form_last has no event of its end.

Ports: ROUTER_PORT (8090) and GATEWAY_INTERNAL_PORT (8091). Everything listens on this machine only.
LOG_LEVEL=info shows each request.`,
    )
    .action(async ({ dir, user, speak, lag }: DevArguments) => {
      await buildPages();
      const { startDev } = await import('../../dev/start-dev.ts');
      const dev = await startDev({
        config: await loadConfig(dir),
        sdl: await readSchema(dir),
        environment: process.env,
        openapiFile: join(dir, 'openapi', 'noetl.json'),
        version: packageVersion(),
        ...(await restDocumentOf(dir)),
        speak,
        lagMs: lag * 1_000,
      });
      stopOnSignals(dev);
      try {
        const { sessionToken, identityToken } = await dev.login(user);
        console.log(welcome({ dev, user, sessionToken, identityToken }));
      } catch (error) {
        await dev.stop();
        throw error;
      }
    });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 60) return seconds;
  throw new InvalidArgumentError('Give a number of seconds from 0 to 60, for example 3.');
}

function stopOnSignals(dev: DevGateway): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      dev.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

interface Welcome {
  readonly dev: DevGateway;
  readonly user: string;
  readonly sessionToken: string;
  readonly identityToken: string;
}

function welcome({ dev, user, sessionToken, identityToken }: Welcome): string {
  const { url, internalUrl, issuer, noetl, users } = dev;
  return `
NoETL Gateway, for development only: anyone on this machine can log in as anyone.

  gateway    ${url}
  GraphiQL   ${url}/graphql#token=${sessionToken}
  console    ${internalUrl}/console#token=${sessionToken}
  internal   ${internalUrl}   /ready  /metrics
  NoETL      ${noetl.url.origin}   (stand-in)
  issuer     ${issuer.issuer}
  users      ${users.join(', ')}   (this is ${user}; others: npm run dev -- --user <name>)

Session token
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

# May this session execute that?
curl -s -X POST "${url}/api/auth/check-access" \\
  -H "Content-Type: application/json" \\
  -d '{"session_token": "${sessionToken}", "playbook_path": "system/cleanup", "permission_type": "execute"}'

Ctrl-C stops everything.`;
}
