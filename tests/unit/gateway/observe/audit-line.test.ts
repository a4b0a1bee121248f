import { describe, expect, test } from 'vitest';
import { createAuditLine } from '../../../../gateway/observe/audit-line.ts';

describe('a line of the audit log', () => {
  test('is JSON with its members in their order, without those that are undefined', () => {
    const lineOf = createAuditLine();
    expect(lineOf('2026-01-01T00:00:00.000Z', { audit: 'denied', reason: undefined, offSecs: 3, roles: ['a'] })).toBe(
      '{"time":"2026-01-01T00:00:00.000Z","category":"audit","audit":"denied","offSecs":3,"roles":["a"]}\n',
    );
  });

  test('has the values of its own entry, whatever lines came before', () => {
    const lineOf = createAuditLine();
    const entries = Array.from({ length: 200 }, (_, n) => ({
      audit: 'mutation',
      userId: n % 3 === 0 ? 'u"1' : 'u2',
      executionId: `${n}`,
      roles: n % 2 === 0 ? ['viewer'] : ['viewer', 'editor'],
      path: n % 5 === 0 ? undefined : `team/${n % 7}`,
    }));
    for (const entry of entries) {
      const { time, category, ...rest } = JSON.parse(lineOf('t', entry)) as Record<string, unknown>;
      expect({ time, category }).toEqual({ time: 't', category: 'audit' });
      expect(rest).toEqual(JSON.parse(JSON.stringify(entry)));
    }
  });

  test('scrubs a token every time, also when the same text comes twice', () => {
    const lineOf = createAuditLine();
    const entry = { kid: 'Bearer abc.def', reason: `x${'y'.repeat(600)}` };
    const first = lineOf('t', entry);
    expect(first).toBe(lineOf('t', entry));
    expect(first).toContain('"kid":"Bearer [redacted]"');
    expect(first).toContain('…"');
  });
});
