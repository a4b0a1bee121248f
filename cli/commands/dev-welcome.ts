import type { DevGateway } from '../../dev/start-dev.ts';

/**
 * What `dev` prints when it is ready: links for each user, and the protocol's lines with everything filled in.
 * @param user whose tokens are in the lines to paste
 * @throws what a login throws, for example for a user that the issuer does not have
 */
export async function welcomeText(dev: DevGateway, user: string): Promise<string> {
  const mine = await dev.login(user);
  const links = await Promise.all(
    dev.users.map(async (name) => userLinks(dev, name, (await dev.login(name)).sessionToken)),
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
