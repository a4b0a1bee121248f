import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { hasChromium, launchChromium, openCounting } from '../support/chromium.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

if (!hasChromium) console.warn('skipped: Chromium is missing (Debian: apt-get install chromium)');

describe.skipIf(!hasChromium)('GraphiQL in Chromium', { timeout: 120_000 }, () => {
  let dev: DevGateway;
  let browser: Browser;
  let token = '';

  beforeAll(async () => {
    dev = await startDevGateway();
    browser = await launchChromium();
    token = (await dev.login('developer')).sessionToken;
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await dev?.stop();
  });

  /** A page of a new browser profile, what it asked for, and what it wrote to the console. */
  async function visit(fragment = '', prepare: (page: Page) => Promise<void> = async () => {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const asked: { url: string; headers: Record<string, string> }[] = [];
    const problems: string[] = [];
    page.on('request', (request) => asked.push({ url: request.url(), headers: request.headers() }));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    await prepare(page);
    await page.goto(`${dev.url}/graphql${fragment}`);
    await run(page).waitFor({ timeout: 60_000 });
    return { page, asked, problems, close: () => context.close() };
  }

  const run = (page: Page) => page.locator('.graphiql-execute-button');
  const answerText = (page: Page) =>
    page.locator('.result-window .view-lines').evaluate((lines) => (lines.textContent ?? '').replaceAll('\u00a0', ' '));
  const state = (page: Page) => page.locator('.session-bar output').textContent();
  async function runOperation(page: Page, name: string) {
    await run(page).click();
    await page.getByRole('menuitem', { name }).click();
  }

  test('without a session: nothing from another host, no request but the page, no error, fits the window', async () => {
    const { page, asked, problems, close } = await visit();
    await page.waitForLoadState('networkidle');
    expect(new Set(asked.map(({ url }) => new URL(url).origin))).toEqual(new Set([dev.url]));
    expect(asked.filter(({ url }) => url.endsWith('/graphql'))).toHaveLength(1);
    expect(problems).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollHeight <= window.innerHeight)).toBe(true);
    expect(await state(page)).toContain('No session');
    await close();
  });

  test('what the browser loads before Run can be used stays under 900 kB', async () => {
    const { bytes, close } = await openCounting(browser, `${dev.url}/graphql`, (page) =>
      page.locator('.graphiql-editor .view-line').first().waitFor({ timeout: 60_000 }),
    );
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(900_000);
    await close();
  });

  test('a link with the token: run, read the result, and the token is nowhere in the address or a URL', async () => {
    const { page, asked, problems, close } = await visit(`#token=${token}`);
    await expect.poll(() => state(page)).toContain('Session active');
    expect(page.url()).toBe(`${dev.url}/graphql`);
    await runOperation(page, 'Execute');
    await expect.poll(() => answerText(page), { timeout: 20_000 }).toContain('"executePlaybook"');
    await expect.poll(() => page.locator('.started').textContent()).toMatch(/Started execution \d+/);
    await expect
      .poll(
        async () => {
          await runOperation(page, 'Status');
          await page.waitForTimeout(500);
          return answerText(page);
        },
        { timeout: 30_000 },
      )
      .toContain('"COMPLETED"');
    expect(asked.filter(({ url, headers }) => `${url}${headers['referer'] ?? ''}`.includes(token))).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  test('a pasted token, with Bearer: the schema appears, JSON variables are not marked, a reload keeps the session', async () => {
    const { page, problems, close } = await visit();
    await page.getByLabel('Session token').fill(`Bearer ${token}`);
    await page.getByRole('button', { name: 'Use' }).click();
    await expect.poll(() => state(page)).toContain('Session active');
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByRole('link', { name: 'Mutation', exact: true }).waitFor({ timeout: 20_000 });
    await page.getByRole('link', { name: 'Mutation', exact: true }).click();
    await page.getByRole('link', { name: 'executePlaybook', exact: true }).first().click();
    await page.getByText('May be called by users with execute on the playbook in name.').waitFor();
    expect(await page.locator('.squiggly-error, .squiggly-warning').count()).toBe(0);
    await page.reload();
    await run(page).waitFor();
    await expect.poll(() => state(page)).toContain('Session active');
    expect(await page.locator('.graphiql-tab').count()).toBe(1);
    expect(problems).toEqual([]);
    await close();
  });

  test('a login at the provider makes the session of the tab', async () => {
    const { page, problems, close } = await visit();
    await page.getByRole('button', { name: 'Log in with dev' }).click();
    await page.getByRole('link', { name: 'Ann Analyst' }).click();
    await expect.poll(() => state(page), { timeout: 60_000 }).toContain('Session active');
    expect(page.url()).toBe(`${dev.url}/graphql`);
    expect(problems).toEqual([]);
    await close();
  });

  test('a link with another user’s session asks, and the bar names whose is active', async () => {
    const other = (await dev.login('analyst')).sessionToken;
    const { page, problems, close } = await visit(`#token=${token}`);
    await expect.poll(() => state(page)).toContain('Session active: Dan Developer (developer)');
    const follow = async () => {
      // A new document, as a link from another page opens it.
      await page.goto('about:blank');
      await page.goto(`${dev.url}/graphql#token=${other}`);
      await page.getByRole('alertdialog').waitFor({ timeout: 60_000 });
    };
    await follow();
    expect(page.url()).toBe(`${dev.url}/graphql`);
    expect(await page.getByRole('alertdialog').textContent()).toMatch(
      /Dan Developer \(developer\).*Ann Analyst \(analyst\)/,
    );
    await page.getByRole('button', { name: 'Keep this tab' }).click();
    await expect.poll(() => state(page)).toContain('Session active: Dan Developer');
    await follow();
    await page.getByRole('button', { name: 'Use the link' }).click();
    await expect.poll(() => state(page)).toContain('Session active: Ann Analyst (analyst)');
    expect(problems).toEqual([]);
    await close();
  });

  test('the button ends the session at the gateway, and the tab forgets it', async () => {
    const own = (await dev.login('analyst')).sessionToken;
    const { page, close } = await visit(`#token=${own}`);
    await expect.poll(() => state(page)).toContain('Session active');
    await page.getByRole('button', { name: 'End session' }).click();
    await expect.poll(() => state(page)).toContain('Session ended');
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    const answer = await fetch(`${dev.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${own}` },
      body: '{"query": "{ __typename }"}',
    });
    expect(answer.status).toBe(401);
    await close();
  });

  test('a click on Run counts as soon as the button takes it', async () => {
    const { page, close } = await visit('', async (opened) => {
      await opened.route('**/assets/*.js', async (route) => {
        await new Promise((done) => setTimeout(done, 400));
        await route.continue();
      });
    });
    await run(page).click();
    await page.getByRole('menuitem', { name: 'Execute' }).waitFor({ timeout: 5_000 });
    await close();
  });

  test('on a phone the answer is below the operation, and both have the width', async () => {
    const { page, close } = await visit('', (opened) => opened.setViewportSize({ width: 360, height: 740 }));
    const [editors, answer] = await page
      .locator('.graphiql-editors, .graphiql-response')
      .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect()));
    expect([editors?.width, answer?.width].map((width) => Number(width) > 230)).toEqual([true, true]);
    expect(Number(answer?.top)).toBeGreaterThanOrEqual(Number(editors?.bottom));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await close();
  });

  test('the first click on another tab counts', async () => {
    const { page, close } = await visit();
    await page.getByRole('button', { name: 'New tab' }).click();
    await page.locator('.graphiql-tab').first().locator('button').first().click();
    await expect.poll(() => page.locator('.graphiql-tab').first().getAttribute('aria-selected')).toBe('true');
    await close();
  });

  test('a subscription is asked for as an event stream, and its events appear', async () => {
    const query = 'subscription Watch { executionUpdates { status } }';
    const event = (status: string) =>
      `event: next\ndata: ${JSON.stringify({ data: { executionUpdates: { status } } })}\n\n`;
    let accepted = '';
    const answerStream = async (route: Route) => {
      const request = route.request();
      if (!(request.postData() ?? '').includes('subscription Watch')) return route.continue();
      accepted = request.headers()['accept'] ?? '';
      const body = `${event('RUNNING')}${event('COMPLETED')}event: complete\ndata: \n\n`;
      return route.fulfill({ status: 200, contentType: 'text/event-stream', body });
    };
    const { page, close } = await visit(`#token=${token}`, async (opened) => {
      const tabs = [
        {
          id: '1',
          title: 'Watch',
          hash: '',
          query,
          variables: '',
          headers: null,
          operationName: 'Watch',
          response: null,
        },
      ];
      await opened.addInitScript(
        (kept) => localStorage.setItem('graphiql:tabState', kept),
        JSON.stringify({ tabs, activeTabIndex: 0 }),
      );
      await opened.route('**/graphql', answerStream);
    });
    await expect.poll(() => state(page)).toContain('Session active');
    await run(page).click();
    await expect.poll(() => answerText(page), { timeout: 20_000 }).toContain('"COMPLETED"');
    expect(accepted).toContain('text/event-stream');
    await close();
  });
});
