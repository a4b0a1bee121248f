import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAudit } from '../../gateway/observe/audit.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import { keptLines } from '../support/line-sinks.ts';

const page = readFileSync('docs/operate.md', 'utf8');
const queries = [...page.matchAll(/^([^\n]+):\n\n```sh\n(grep [^\n]+)\n```$/gm)].map(([, name = '', command = '']) => ({
  name,
  command,
}));
const hasJq = spawnSync('jq', ['--version']).status === 0;

const dayMs = 24 * 3_600_000;
const deed = {
  field: 'executePlaybook',
  userId: '7',
  roles: ['analyst'],
  permission: 'execute',
  path: 'data/x',
  requestId: 'r-1',
} as const;

function logOf(events: readonly GatewayEvent[], atMs: number): string {
  const { sink, lines } = keptLines();
  const exchange = () => ({ requestId: 'r-1', callerRequestId: 'app-1', clientIp: '192.0.2.1' });
  const audit = createAudit({ sink, clock: () => atMs, emails: false, exchange, onDrop: () => {} });
  for (const event of events) audit.record(event);
  return lines.join('');
}

/** Runs a query of the page over what the audit writes. */
function answerOf(start: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'operate-'));
  const events: readonly GatewayEvent[] = [
    { type: 'outcome', outcome: 'started', executionId: '42', grant: 'gateway.config.ts:3', ...deed },
    { type: 'outcome', outcome: 'failed', code: 'ERR_UPSTREAM', ...deed },
    { type: 'decision', outcome: 'denied', root: 'mutation', reason: 'no-grant', ...deed, path: 'system/x' },
    { type: 'login', outcome: 'rejected', reason: 'expired' },
  ];
  const yesterday = logOf(events, Date.now() - dayMs);
  const today = logOf(events.slice(0, 1), Date.now()).replace('"42"', '"43"');
  writeFileSync(join(folder, 'gateway.log'), `a line of Node\n${yesterday}${today}`);
  const query = queries.find(({ name }) => name.startsWith(start));
  if (query === undefined) throw new Error(`docs/operate.md has no query: ${start}`);
  const env = { PATH: process.env['PATH'] ?? '', EXECUTION_ID: '42', REQUEST_ID: 'app-1' };
  const { stdout, stderr } = spawnSync('sh', ['-c', query.command], { cwd: folder, encoding: 'utf8', env });
  return stdout + stderr;
}

describe.skipIf(!hasJq)('queries of docs/operate.md', () => {
  it('who started what yesterday: one line with user, path, execution, address and grant', () => {
    const answer = answerOf('Who started what yesterday');
    expect(answer.trim().split('\t').slice(1)).toEqual(['7', 'data/x', '42', '192.0.2.1', 'gateway.config.ts:3']);
  });

  it('who started this execution', () => {
    expect(JSON.parse(answerOf('Who started this execution'))).toMatchObject({ userId: '7', executionId: '42' });
  });

  it('what was denied', () => {
    expect(answerOf('What was denied')).toBe('1\t7\texecutePlaybook\tsystem/x\tno-grant\t\n');
  });

  it('refused logins', () => {
    expect(answerOf('Refused logins')).toBe('1\t192.0.2.1\texpired\n');
  });

  it('everything about one request', () => {
    expect(answerOf('Everything about one request').match(/"requestId": "r-1"/g)).toHaveLength(5);
  });
});
