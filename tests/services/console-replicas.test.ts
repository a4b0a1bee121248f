import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { axeFindings, visitConsole } from '../support/console-page.ts';
import { graphql } from '../support/dev-gateway.ts';
import { type Replica, type Replicas, startReplicas } from '../support/replicas.ts';

/** A release of NoETL that lacks an open operation, adds to another one, and has one more. */
const folder = mkdtempSync(join(tmpdir(), 'console-'));
const policyFile = join(folder, 'policy.yaml');
const adminsGrant = "grants:\n  - { role: admin, allow: all, patterns: '*' }\n";

function changedDocument(): string {
  const document = JSON.parse(readFileSync('openapi/noetl.json', 'utf8'));
  delete document.paths['/api/dashboard/stats'];
  document.paths['/api/executions'].get.parameters.push({ name: 'tenant', in: 'query', schema: { type: 'string' } });
  document.paths['/api/reports'] = { get: { responses: { 200: { description: '' } } } };
  const file = join(folder, 'noetl.json');
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe.skipIf(!hasChromium)('the console of two replicas', { timeout: 120_000 }, () => {
  let replicas: Replicas;
  let browser: Browser;
  let token: string;
  let first: Replica;
  let second: Replica;

  beforeAll(async () => {
    writeFileSync(policyFile, adminsGrant);
    replicas = await startReplicas(2, 'redis://127.0.0.1:6379/12', {
      standIn: { openapiFile: changedDocument() },
      environment: { GATEWAY_POLICY_FILE: policyFile },
    });
    const [one, two] = replicas.all;
    if (one === undefined || two === undefined) throw new Error('no replicas');
    [first, second] = [one, two];
    token = await replicas.login('admin');
    browser = await launchChromium();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await replicas?.stop();
  });

  const visit = (path: string, replica = first) => visitConsole(browser, { url: replica.internalUrl, path, token });
  const start = async (path: string, variables: object = {}) => {
    const { body } = await graphql(second.url, token, {
      query: 'mutation ($path: String!, $vars: JSON) { executePlaybook(name: $path, variables: $vars) { id } }',
      variables: { path, vars: variables },
    });
    const { data = {} } = body;
    return (data['executePlaybook'] as { id: string }).id;
  };
  const rowOf = (page: Page, id: string) =>
    page.locator('.executions tbody tr', { has: page.locator(`a[href$="${id}"]`) });

  test('health has both of them side by side', async () => {
    const { page, problems, close } = await visit('health');
    const table = page.getByRole('region', { name: 'Replicas' }).locator('tbody tr');
    await expect.poll(() => table.count(), { timeout: 30_000 }).toBe(2);
    await expect.poll(() => table.getByText('ready').count()).toBe(2);
    await page.locator('.plot canvas').first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  test('an execution that is started by the other replica appears, runs and ends in the list, over the stream', async () => {
    await start('regression_test/hello_world');
    const { page, asked, problems, close } = await visit('executions');
    await page.locator('.live.on').waitFor();
    await page.locator('.executions tbody tr').first().waitFor();
    const id = await start('regression_test/live', { seconds: 10 });
    await page.getByRole('button', { name: '1 new' }).click();
    await rowOf(page, id).locator('.mark', { hasText: 'running' }).waitFor();
    const before = asked.length;
    await rowOf(page, id).locator('.mark', { hasText: 'completed' }).waitFor();
    // Without the stream the list would have been read every three seconds.
    expect(asked.slice(before).filter((url) => url.endsWith('/graphql')).length).toBeLessThanOrEqual(1);
    expect(problems).toEqual([]);
    await close();
  });

  test('an execution that ends before the stream begins is not left as running', async () => {
    const id = await start('regression_test/live', { seconds: 15 });
    let areListsLost = false;
    const ended = Promise.withResolvers<void>();
    // Lists between the first one and the end are lost, so only a read after the stream has begun shows the end.
    const late = async (page: Page) => {
      await page.route('**/console/graphql', async (route) => {
        if (route.request().postData()?.includes('subscription')) await ended.promise;
        else if (areListsLost) return route.abort();
        await route.continue();
      });
    };
    const view = { url: first.internalUrl, path: 'executions', token, prepare: late };
    const { page, close } = await visitConsole(browser, view);
    await rowOf(page, id).locator('.mark', { hasText: 'running' }).waitFor();
    areListsLost = true;
    const query = `{ execution(id: "${id}") { status } }`;
    const status = async () => (await graphql(second.url, token, { query })).body.data?.['execution'];
    await expect.poll(status, { timeout: 30_000 }).toEqual({ status: 'COMPLETED' });
    areListsLost = false;
    ended.resolve();
    await page.locator('.live.on').waitFor();
    await rowOf(page, id).locator('.mark', { hasText: 'completed' }).waitFor({ timeout: 15_000 });
    await close();
  });

  test('a detail follows its steps over the stream, also when the status is still the same', async () => {
    const id = await start('regression_test/live', { seconds: 6 });
    const { page, problems, close } = await visit(`executions/${id}`);
    await page.locator('.heading .live.on').waitFor();
    await page.locator('.timeline li[data-status=COMPLETED]').nth(1).waitFor();
    await page.locator('.heading .status', { hasText: 'completed' }).waitFor();
    await page.getByRole('link', { name: 'Children' }).click();
    await page.getByText('It has started no other execution').waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test('filters are in the address, and a link to them shows the same', async () => {
    const id = await start('regression_test/hello_world');
    const { page, problems, close } = await visit('executions', second);
    await page.getByLabel('Playbook path; * matches any characters').fill('regression_test/hello*');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('link', { name: 'completed', exact: true }).click();
    await page.getByRole('link', { name: 'last hour' }).click();
    await page.getByLabel('Started by').selectOption('me');
    await page.waitForURL(/status=COMPLETED.*path=regression_test.*within=1h.*by=me/);
    await rowOf(page, id).getByText('you').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'failed', exact: true }).click();
    await page.getByText('No execution matches.').waitFor();
    await page.goBack();
    await rowOf(page, id).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test('a live document that differs is marked in every view, and its changes are named', async () => {
    const { page, problems, close } = await visit('upstream');
    await page.getByText('No. NoETL is live with another API').waitFor();
    await page.locator('nav .dot', { hasText: 'differs' }).waitFor();
    await page.locator('.lines li', { hasText: 'GET /api/dashboard/stats is gone' }).waitFor();
    await page.getByText('npm run generate -- --accept executions').waitFor();
    await page.getByRole('link', { name: 'new', exact: true }).click();
    const row = page.locator('.closed tbody tr');
    await expect.poll(() => row.count()).toBe(1);
    await row.getByText("reports: { upstream: 'GET /api/reports', access: role('admin') },").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    if (process.env['UPDATE_IMAGES'] === 'true') {
      await page.setViewportSize({ width: 1100, height: 800 });
      await page.screenshot({ path: 'docs/images/console-upstream.png' });
    }
    await close();
  });

  test('a policy file that changes counts at both; one that is refused is named, and the grants before it count', async () => {
    const developer = await replicas.login('developer');
    const query = 'mutation { executePlaybook(name: "regression_test/hello_world") { id } }';
    const codes = () =>
      Promise.all(
        [first, second].map(
          async ({ url }) => (await graphql(url, developer, { query })).body.errors?.[0]?.extensions.code,
        ),
      );
    expect(await codes()).toEqual(['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED']);
    const wider = `${adminsGrant}  - { role: developer, allow: [execute], patterns: 'regression_test/*' }\n`;
    writeFileSync(policyFile, wider);
    await expect.poll(codes, { timeout: 10_000 }).toEqual([undefined, undefined]);
    writeFileSync(policyFile, `${adminsGrant}  - { role: boss, allow: all, patterns: '*' }\n`);
    for (const replica of [first, second]) {
      const { page, close } = await visit('access', replica);
      await page.getByRole('alert').getByText('unknown role boss').waitFor({ timeout: 30_000 });
      await page.getByRole('link', { name: 'Health' }).click();
      await page.getByText('the policy file policy.yaml is refused').waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await close();
    }
    expect(await codes()).toEqual([undefined, undefined]);
    writeFileSync(policyFile, adminsGrant);
    await expect.poll(codes, { timeout: 10_000 }).toEqual(['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED']);
  });

  test('signing out at one replica ends the session, its pages and its streams at the other', async () => {
    const other = await visit('executions', second);
    await other.page.locator('.live.on').waitFor();
    const { page, close } = await visit('executions');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Session ended.').waitFor();
    await other.page
      .getByText('The gateway no longer accepts this session. Sign in again.')
      .waitFor({ timeout: 60_000 });
    expect((await graphql(second.url, token, '{"query": "{ __typename }"}')).status).toBe(401);
    await other.close();
    await close();
  });
});
