import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import shipped from '../../gateway.config.ts';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { explainTable } from '../../plugins/noetl-auth/access/explain.ts';
import { accessText } from '../../plugins/noetl-auth/access/explain-text.ts';
import { listedId } from '../../plugins/noetl-auth/session/session-list.ts';
import { parseSessionToken, sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import { hasChromium, openCounting } from '../support/chromium.ts';
import { axeFindings, openConsoleWorld, visitConsole } from '../support/console-page.ts';
import { graphql } from '../support/dev-gateway.ts';

if (!hasChromium) console.warn('skipped: Chromium is missing (Debian: apt-get install chromium)');

describe.skipIf(!hasChromium)('the console in Chromium', { timeout: 120_000 }, () => {
  let dev: DevGateway;
  let browser: Browser;
  let tokens: Record<string, string> = {};
  let close: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    ({ dev, browser, tokens, close } = await openConsoleWorld());
  }, 240_000);
  afterAll(() => close?.());

  const visit = (user: string, path: string, width?: number) =>
    visitConsole(browser, {
      ...{ url: dev.internalUrl, path, token: tokens[user] ?? user },
      ...(width !== undefined && { width }),
    });

  test('the matrix in the page is the table of explain, and the token leaves the address', async () => {
    const { page, asked, problems, close } = await visit('admin', 'access');
    await page.locator('.matrix tbody tr').first().waitFor();
    expect(page.url()).toBe(`${dev.internalUrl}/console/access`);
    const shown = await page
      .locator('.matrix tbody tr')
      .evaluateAll((rows) =>
        rows.map((row) => [
          row.querySelector('th code')?.textContent,
          ...[...row.querySelectorAll('td')].map((cell) => cell.textContent),
        ]),
      );
    const rows = Object.entries(shipped.operations).map(([field, { access }]) => ({
      field,
      root: 'query' as const,
      access,
    }));
    const table = explainTable(compileGrants(shipped.grants, []), shipped.roles, rows).rows;
    const wanted = table.map(({ operation, byRole }) => [
      operation.field,
      ...[...byRole.values()].map((access) => accessText(access)),
    ]);
    expect(shown.toSorted()).toEqual(wanted.toSorted());
    expect(await axeFindings(page)).toEqual([]);
    expect(new Set(asked.map((url) => new URL(url).origin))).toEqual(new Set([dev.internalUrl]));
    expect(asked.filter((url) => url.includes(tokens['admin'] ?? ''))).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  test('run again, watch, cancel; what the session may not do is disabled, with the reason', async () => {
    const started = await graphql(dev.url, tokens['developer'], {
      query: 'mutation { executePlaybook(name: "regression_test/live", variables: { seconds: 60 }) { id } }',
    });
    const { data = {} } = started.body;
    const { id } = data['executePlaybook'] as { id: string };
    const viewer = await visit('viewer', `executions/${id}`);
    const disabled = viewer.page.getByRole('button', { name: 'Run again' });
    await disabled.waitFor();
    await expect.poll(() => disabled.getAttribute('title')).toBe('You need execute on regression_test/live.');
    expect(await disabled.isDisabled()).toBe(true);
    await viewer.close();

    const { page, problems, close } = await visit('developer', 'executions');
    await page.locator(`a[href="/console/executions/${id}"]`).click();
    await page.locator('.timeline li', { hasText: 'start' }).waitFor();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL((url) => /\/executions\/\d+$/.test(url.pathname) && !url.pathname.endsWith(id));
    await page.locator('.heading .status', { hasText: 'running' }).waitFor();
    await page.locator('.timeline li[data-status=RUNNING]').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Really cancel' }).click();
    await page.locator('.heading .status', { hasText: 'cancelled' }).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test('a playbook runs by the form of its workload, and a value of the wrong type is named', async () => {
    const { page, problems, close } = await visit('developer', 'playbooks?path=regression_test/live');
    await page.getByRole('link', { name: 'live', exact: true }).click();
    await page.getByLabel('seconds').fill('soon');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('Enter a number.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByLabel('seconds').fill('1');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('.heading .status', { hasText: 'completed' }).waitFor();
    await page.getByRole('link', { name: 'Input' }).click();
    await page.locator('.json pre', { hasText: '"seconds": 1' }).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test('each of four users sees the views of the roles, and no error', async () => {
    const shown: Record<string, string[]> = {};
    for (const user of ['admin', 'developer', 'analyst', 'viewer']) {
      const { page, problems, close } = await visit(user, 'access');
      await page.getByRole('navigation', { name: 'Views' }).waitFor();
      shown[user] = await page.getByRole('navigation', { name: 'Views' }).locator('a').allTextContents();
      const isRefused = await page.getByText('Access is for the roles admin.').isVisible();
      expect([user, isRefused, problems]).toEqual([user, user !== 'admin', []]);
      await close();
    }
    const { admin = [], ...others } = shown;
    expect(admin).toEqual([
      ...['Executions', 'Playbooks', 'Access', 'Explain', 'Policy', 'Upstream', 'Health', 'Audit', 'GraphiQL'],
    ]);
    expect(new Set(Object.values(others).map(String))).toEqual(new Set(['Executions,Playbooks,GraphiQL']));
  });

  test('a login at the provider returns to the view, with nothing of it in the address', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${dev.internalUrl}/console/access?path=data%2Fx`);
    await page.getByRole('button', { name: 'Log in with dev' }).click();
    await page.getByRole('link', { name: 'Ada Admin' }).click();
    await page.locator('.path-access').waitFor();
    expect(page.url()).toBe(`${dev.internalUrl}/console/access?path=data%2Fx`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Session ended.').waitFor();
    // The address of the login that is over: its code is of no use to another visit.
    await page.goto(`${dev.internalUrl}/console?code=used`);
    await page.getByLabel('Session token').waitFor();
    await context.close();
  });

  test('what a user did is in the audit view, and the sessions of the user end there', async () => {
    const own = (await dev.login('viewer')).sessionToken;
    await graphql(dev.url, own, { query: 'mutation { executePlaybook(name: "data/secret_plan") { id } }' });
    const { page, problems, close } = await visit('admin', 'audit?text=data/secret_plan');
    const line = page.locator('.events li', { hasText: 'data/secret_plan' });
    await line.locator('summary').click();
    const why = line.getByRole('link', { name: 'Why, by the grants of now' });
    expect(await why.getAttribute('href')).toBe(
      '/console/explain?roles=viewer&permission=execute&path=data%2Fsecret_plan',
    );
    const userId = /"userId": "([^"]+)"/.exec((await line.locator('pre').textContent()) ?? '')?.[1] ?? '';
    await page.getByLabel('User id, as the audit lines have it').fill(userId);
    await page.getByRole('button', { name: 'End sessions' }).click();
    await page.getByRole('button', { name: 'Really end' }).click();
    await page.getByText(`All sessions of the user ${userId} are over.`).waitFor();
    expect((await graphql(dev.url, own, '{"query": "{ __typename }"}')).status).toBe(401);
    tokens['viewer'] = (await dev.login('viewer')).sessionToken;
    expect(problems).toEqual([]);
    await close();
  });

  test('the sessions of a user are listed, and one ends while the others go on', async () => {
    const [doomed, kept] = [(await dev.login('viewer')).sessionToken, (await dev.login('viewer')).sessionToken];
    const me = await fetch(`${dev.internalUrl}/console/api/me`, { headers: { authorization: `Bearer ${kept}` } });
    const userId = String(((await me.json()) as { user: { user_id: number } }).user.user_id);
    const id = listedId(sessionKey(parseSessionToken(doomed) ?? expect.fail('not a token')));
    const { page, problems, close } = await visit('admin', 'audit');
    await page.getByLabel('User id, as the audit lines have it').fill(userId);
    await page.getByRole('button', { name: 'Show sessions' }).click();
    const row = page.getByRole('row').filter({ hasText: id });
    await row.waitFor();
    expect(new URL(page.url()).searchParams.get('user')).toBe(userId);
    expect(await row.textContent()).toContain('viewer');
    expect(await page.content()).not.toContain(doomed);
    expect(await axeFindings(page)).toEqual([]);
    await row.getByRole('button', { name: 'End' }).click();
    await row.getByRole('button', { name: 'Really end' }).click();
    await page.getByText(`The session ${id} is over.`).waitFor();
    await row.waitFor({ state: 'detached' });
    const statusOf = async (token: string) => (await graphql(dev.url, token, { query: '{ __typename }' })).status;
    expect([await statusOf(doomed), await statusOf(kept)]).toEqual([401, 200]);
    expect(problems).toEqual([]);
    await close();
    const phone = await visit('admin', `audit?user=${userId}`, 360);
    await phone.page.getByRole('table', { name: 'Sessions' }).or(phone.page.locator('table.stacks')).first().waitFor();
    expect(await phone.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await phone.close();
  });

  test('the policy is tested: cases of the file, other cases, findings, and other grants', async () => {
    const { page, problems, close } = await visit('admin', 'policy');
    await page.getByText('15 passed, 0 failed.').waitFor();
    await page
      .getByLabel('Cases, YAML or JSON')
      .fill('cases:\n  - { role: viewer, permission: view, playbook: data/x, expect: denied }');
    await page.getByRole('button', { name: 'Decide' }).click();
    await page.getByText('0 passed, 1 failed.').waitFor();
    await page.locator('.reasons[open]', { hasText: 'by allow viewer view on *' }).waitFor();
    await page.getByRole('link', { name: 'Findings' }).click();
    await page.getByText('Nothing to report.').waitFor();
    await page.getByRole('link', { name: 'Try other grants' }).click();
    const grants = page.getByRole('textbox');
    await grants.fill((await grants.inputValue()).replaceAll('role: viewer', 'role: analyst'));
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('14 passed, 1 failed.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Past decisions' }).click();
    await page.getByText(/0 would come out differently|no decision on a path yet/).waitFor();
    expect(new URL(page.url()).search).toBe('?tab=past');
    expect(problems).toEqual([]);
    await close();
  });

  test('a phone shows every view without scrolling sideways', async () => {
    const views = ['executions', 'playbooks', 'access', 'explain', 'upstream', 'health', 'audit'];
    for (const path of [...views, 'policy', 'policy?tab=findings', 'policy?tab=past', 'policy?tab=try']) {
      const { page, close } = await visit('admin', path, 360);
      await expect.poll(() => page.locator('.loading').count()).toBe(0);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      const [left, right] = await page
        .locator('nav [aria-current=page]')
        .evaluate((link) => [link.getBoundingClientRect().left, link.getBoundingClientRect().right]);
      expect([path, Number(left) >= 0, Number(right) <= 360]).toEqual([path, true, true]);
      const narrow = page.locator(':is(.facts dd, .matrix tbody th, .cases td)');
      const widths = await narrow.evaluateAll((cells) => cells.map((cell) => cell.clientWidth));
      expect([path, widths.filter((width) => width < 120)]).toEqual([path, []]);
      expect(await axeFindings(page)).toEqual([]);
      await close();
    }
  });

  test('a link with another user’s session asks before it replaces the one of the tab', async () => {
    const { page, problems, close } = await visit('admin', 'executions');
    const who = page.locator('.account .who');
    expect(await who.textContent()).toBe('Ada Admin');
    const follow = async () => {
      // A new document, as a link from another page opens it.
      await page.goto('about:blank');
      await page.goto(`${dev.internalUrl}/console#token=${tokens['analyst']}`);
      await page.getByRole('heading', { name: 'Which session?' }).waitFor();
    };
    await follow();
    expect(page.url()).toBe(`${dev.internalUrl}/console`);
    expect(await page.locator('main').textContent()).toMatch(
      /of Ada Admin \(admin\)\. .* of Ann Analyst \(analyst\)\./,
    );
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep this tab' }).click();
    await who.waitFor();
    expect(await who.textContent()).toBe('Ada Admin');
    await follow();
    await page.getByRole('button', { name: 'Use the link' }).click();
    await who.waitFor();
    expect(await who.textContent()).toBe('Ann Analyst');
    expect(problems).toEqual([]);
    await close();
  });

  test('signing out ends the session at the gateway, and the tab forgets it', async () => {
    const own = (await dev.login('analyst')).sessionToken;
    const { page, close } = await visit(own, 'executions');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Session ended.').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect((await graphql(dev.url, own, '{"query": "{ __typename }"}')).status).toBe(401);
    await page.getByLabel('Session token').fill(`Bearer ${own}`);
    await page.getByRole('button', { name: 'Use token' }).click();
    await page.getByText('no longer accepts this session').waitFor();
    await close();
  });

  test('the page stays under 120 kB and is used by keys', async () => {
    const url = `${dev.internalUrl}/console/access#token=${tokens['admin']}`;
    const { page, bytes, close } = await openCounting(browser, url, (opened) => opened.locator('.matrix').waitFor());
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(120_000);
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.waitForURL(/\/console\/executions$/);
    await page.locator('input[name="text"]').waitFor();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('text');
    await close();
  });
});
