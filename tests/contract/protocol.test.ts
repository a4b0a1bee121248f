import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { allow } from '../../plugins/noetl-auth/access/grant.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

const run = promisify(execFile);
const hasTools = ['bash', 'curl', 'jq'].every((tool) => spawnSync(tool, ['--version']).status === 0);

/**
 * The complete flow as the protocol writes it. Two lines differ: the address, which there comes from kubectl, and the port,
 * which is any free one here.
 */
const completeFlow = String.raw`
SESSION=$(curl -s -X POST "http://$GATEWAY_IP:8090/api/auth/login" \
  -H "Content-Type: application/json" \
  -d '{"auth0_token": "'$AUTH0_TOKEN'", "auth0_domain": "your-tenant.auth0.com"}' \
  | jq -r '.session_token')
EXEC_ID=$(curl -s -X POST "http://$GATEWAY_IP:8090/graphql" \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer $SESSION" \
  -d '{
    "query": "mutation { executePlaybook(name: \"regression_test/hello_world\") { id status } }",
    "variables": {}
  }' | jq -r '.data.executePlaybook.id')
echo "Execution ID: $EXEC_ID"
curl -s -X POST "http://$GATEWAY_IP:8090/graphql" \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer $SESSION" \
  -d '{
    "query": "query { execution(id: \"'$EXEC_ID'\") { id status result } }"
  }' | jq .
`;

let dev: DevGateway;
beforeAll(async () => {
  dev = await startDevGateway();
});
afterAll(() => dev.stop());

describe.skipIf(!hasTools)('the protocol, typed into a shell (needs bash, curl and jq)', () => {
  it('the complete flow', async () => {
    const { port } = new URL(dev.url);
    const issuer = new URL(dev.issuer.issuer).host;
    const script = completeFlow.replaceAll(':8090', `:${port}`).replace('your-tenant.auth0.com', issuer);
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
      env: { ...process.env, GATEWAY_IP: '127.0.0.1', AUTH0_TOKEN: await dev.identityToken('developer') },
    });
    const id = /^Execution ID: (\d{18,19})$/m.exec(stdout)?.[1];
    const last = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { data: { execution: Record<string, unknown> } };
    expect(last.data.execution).toMatchObject({ id });
    expect(['RUNNING', 'COMPLETED']).toContain(last.data.execution['status']);
  });
});

describe('the protocol, step by step', () => {
  it('exchanges an identity token for a session', async () => {
    const answer = await fetch(`${dev.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        auth0_token: await dev.identityToken('developer'),
        auth0_domain: new URL(dev.issuer.issuer).host,
        session_duration_hours: 8,
      }),
    });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body).toMatchObject({
      status: 'authenticated',
      session_token: expect.stringMatching(/^\S{16,}$/),
      user: { user_id: 2, email: 'developer@example.com', display_name: 'Dan Developer' },
      expires_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
    });
    const hours = (Date.parse(String(body['expires_at'])) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(7.9);
    expect(hours).toBeLessThanOrEqual(8);
  });

  it('executes a playbook, and answers in the protocol’s words', async () => {
    const { sessionToken } = await dev.login('developer');
    const { status, body } = await graphql(dev.url, sessionToken, {
      query:
        'mutation Execute($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { id name status textOutput } }',
      variables: { name: 'api_integration/amadeus_ai_api', vars: { query: 'Flight from SFO to JFK' } },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        executePlaybook: {
          id: expect.stringMatching(/^\d{18,19}$/),
          name: 'amadeus_ai_api',
          status: 'running',
          textOutput: null,
        },
      },
    });
  });

  it('polls until the execution is over', async () => {
    const { sessionToken } = await dev.login('developer');
    const execution = await executeAndWait(dev.url, sessionToken, 'api_integration/amadeus_ai_api');
    expect(execution).toMatchObject({
      status: 'COMPLETED',
      result: { extract_summary: { summary_text: expect.stringContaining('flights') } },
      textOutput: expect.stringContaining('flights'),
    });
  });

  it('takes the token from the header, the other header, or the cookie, in that order', async () => {
    const { sessionToken } = await dev.login('developer');
    const ask = async (headers: Record<string, string>) =>
      (
        await fetch(`${dev.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: '{"query": "{ __typename }"}',
        })
      ).status;
    expect(await ask({ authorization: `bearer ${sessionToken}` })).toBe(200);
    expect(await ask({ 'x-session-token': sessionToken })).toBe(200);
    expect(await ask({ cookie: `a=b; session_token=${sessionToken}` })).toBe(200);
    expect(await ask({ authorization: 'Bearer wrong', 'x-session-token': sessionToken })).toBe(401);
    expect(await ask({ 'x-session-token': 'wrong', cookie: `session_token=${sessionToken}` })).toBe(401);
    expect(await ask({})).toBe(401);
  });

  it('answers the open endpoints without a session', async () => {
    expect(await (await fetch(`${dev.url}/health`)).text()).toBe('ok');
    const page = await fetch(`${dev.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('GraphiQL');
    for (const path of ['validate', 'check-access', 'login']) {
      const answer = await fetch(`${dev.url}/api/auth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(answer.status).toBe(400);
    }
  });

  it('checks access by the grants', async () => {
    const { sessionToken } = await dev.login('analyst');
    const ask = async (playbook_path: string, permission_type: string) => {
      const answer = await fetch(`${dev.url}/api/auth/check-access`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ session_token: sessionToken, playbook_path, permission_type }),
      });
      return ((await answer.json()) as { allowed: boolean }).allowed;
    };
    expect(await ask('data/report', 'execute')).toBe(true);
    expect(await ask('data/report', 'edit')).toBe(false);
    expect(await ask('system/cleanup', 'execute')).toBe(false);
  });
});

describe('with the single grant of the protocol’s example', () => {
  it('developers execute api_integration/*, see those executions, and nothing else', async () => {
    const config = {
      ...(shipped as unknown as GatewayConfig),
      grants: [allow('developer', ['execute'], 'api_integration/*')],
    };
    const narrow = await startDevGateway({ config });
    try {
      const { sessionToken } = await narrow.login('developer');
      const execution = await executeAndWait(narrow.url, sessionToken, 'api_integration/amadeus_ai_api');
      expect(execution).toMatchObject({ status: 'COMPLETED' });
      const refused = await graphql(narrow.url, sessionToken, {
        query: 'mutation { executePlaybook(name: "regression_test/hello_world") { id } }',
      });
      expect(refused.body.errors?.[0]?.extensions.code).toBe('ERR_ACCESS_DENIED');
      const { sessionToken: other } = await narrow.login('admin');
      const hidden = await graphql(narrow.url, other, { query: `{ execution(id: "${execution['id']}") { id } }` });
      expect(hidden.body.errors?.[0]?.extensions.code).toBe('ERR_NOT_FOUND');
    } finally {
      await narrow.stop();
    }
  });
});

async function executeAndWait(url: string, token: string, name: string): Promise<Record<string, unknown>> {
  const started = await graphql(url, token, {
    query: 'mutation ($name: String!) { executePlaybook(name: $name) { id } }',
    variables: { name },
  });
  const fields: Record<string, unknown> = started.body.data ?? {};
  const { id } = fields['executePlaybook'] as { id: string };
  for (let left = 100; left > 0; left -= 1) {
    const { body } = await graphql(url, token, {
      query: 'query Status($id: ID!) { execution(id: $id) { id status result textOutput } }',
      variables: { id },
    });
    const execution = body.data?.['execution'] as Record<string, unknown>;
    if (execution['status'] !== 'RUNNING') return execution;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the execution did not end');
}
