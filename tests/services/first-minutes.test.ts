import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { graphql } from '../support/dev-gateway.ts';
import { copyOfTheRepository, logIn, openOneMoreOperation, type RunningDev, runDev } from '../support/first-minutes.ts';
import { temporaryFolder } from '../support/project.ts';

if (!hasChromium) console.warn('skipped: Chromium is missing (Debian: apt-get install chromium)');

/** The steps of docs/tutorial.md, in order, in a copy of the repository. Each prints how long it took. */
describe.skipIf(!hasChromium)('the first minutes', { timeout: 180_000 }, () => {
  const folder = temporaryFolder();
  const policyFile = join(folder.path, 'policy.yaml');
  let browser: Browser;
  let dev: RunningDev | undefined;
  let execution = '';

  const restart = async (environment: Record<string, string> = {}) => {
    await dev?.stop();
    dev = await runDev(folder.path, environment);
    return dev;
  };
  const running = (): RunningDev => {
    if (dev === undefined) throw new Error('dev does not run');
    return dev;
  };

  /** A test that reports its time, for the log in the tutorial. */
  const step = (name: string, walk: () => Promise<void>) =>
    test(name, async () => {
      const startedAt = performance.now();
      await walk();
      console.log(`walk: ${name}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
    });

  beforeAll(async () => {
    copyOfTheRepository(folder.path);
    browser = await launchChromium();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await dev?.stop();
    folder.remove();
  }, 60_000);

  step('npm run dev', async () => {
    await restart();
    expect((await fetch(`${running().url}/health`)).status).toBe(200);
  });

  step('log in by browser, in GraphiQL', async () => {
    const page = await browser.newPage();
    await page.goto(`${running().url}/graphql`);
    await logIn(page, 'Dan Developer');
    await expect.poll(() => page.locator('.session-bar output').textContent(), { timeout: 60_000 }).toContain('active');
    await page.close();
  });

  step('run a playbook in the console, and watch its steps', async () => {
    const page = await browser.newPage();
    await page.goto(`${running().consoleUrl}/playbooks?path=regression_test/live`);
    await logIn(page, 'Ada Admin');
    await page.getByRole('link', { name: 'live', exact: true }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('.timeline li[data-status=RUNNING]').waitFor();
    await page.locator('.heading .status', { hasText: 'completed' }).waitFor();
    execution = /\/executions\/(\d+)/.exec(page.url())?.[1] ?? '';
    await page.goto(`${running().consoleUrl}/executions`);
    await page.locator(`a[href="/console/executions/${execution}"]`).waitFor();
    await page.close();
  });

  const start = async (user: string) => {
    const query = 'mutation { executePlaybook(name: "regression_test/hello_world") { id } }';
    const { body } = await graphql(running().url, running().tokenOf(user), { query });
    return body.errors?.[0]?.extensions.code ?? 'started';
  };

  step('change a grant, and see the effect', async () => {
    writeFileSync(policyFile, "grants:\n  - { role: viewer, allow: [view], patterns: 'regression_test/*' }\n");
    await restart({ GATEWAY_POLICY_FILE: policyFile });
    expect(await start('viewer')).toBe('ERR_ACCESS_DENIED');
    writeFileSync(policyFile, "grants:\n  - { role: viewer, allow: [view, execute], patterns: 'regression_test/*' }\n");
    await expect.poll(() => start('viewer'), { timeout: 20_000, interval: 500 }).toBe('started');
  });

  step('open one more operation', async () => {
    openOneMoreOperation(folder.path);
    const said = execFileSync('npm', ['run', '--silent', 'generate'], { cwd: folder.path, encoding: 'utf8' });
    expect(said).toContain('docs/generated/policy.md');
    await restart();
    const ask = (user: string, id: string) =>
      graphql(running().url, running().tokenOf(user), { query: `{ cancellation(id: "${id}") }` });
    const query = 'mutation { executePlaybook(name: "system/cleanup") { id } }';
    const started = await graphql(running().url, running().tokenOf('admin'), { query });
    const { id } = (started.body.data as { executePlaybook: { id: string } }).executePlaybook;
    expect((await ask('admin', id)).body).toMatchObject({ data: { cancellation: { cancelled: false } } });
    expect((await ask('viewer', id)).body.errors?.[0]?.extensions.code).toBe('ERR_NOT_FOUND');
  });
});
