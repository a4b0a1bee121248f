import { describe, expect, test } from 'vitest';
import { failedText } from '../../../../plugins/noetl/failure-text.ts';
import { inDocumentedForm, inOwnForm, inWireForm } from '../../../../plugins/noetl/wire-dialect.ts';

describe('in the form that the document describes', () => {
  const row = { execution_id: 1, status: 'RUNNING', started_at: 's' };
  const documented = { ...row, version: null, progress: null, start_time: 's', end_time: null };

  test.each([
    ['a list', [row], [documented]],
    ['a list by its name', { executions: [row] }, [documented]],
    ['a list of items', { items: [row] }, [documented]],
    ['what is no row stays', [1, null], [1, null]],
    ['what is no list stays', { detail: 'x' }, { detail: 'x' }],
  ])('executions: %s', (_name, body, want) => {
    expect(inDocumentedForm('executions', body)).toEqual(want);
  });

  test('an execution that is over is at 100 %, and what the server says of progress and version counts', () => {
    const over = { ...row, status: 'FAILED', completed_at: 'c' };
    expect(inDocumentedForm('executions', [over])).toEqual([{ ...documented, ...over, progress: 100, end_time: 'c' }]);
    const known = { ...row, version: 2, progress: 40 };
    expect(inDocumentedForm('executions', [known])).toEqual([{ ...documented, ...known }]);
  });

  test('a row that has the documented form keeps it, and one without times gets none', () => {
    const python = { ...row, start_time: 'p' };
    expect(inDocumentedForm('executions', [python, { execution_id: 2 }])).toEqual([python, { execution_id: 2 }]);
  });

  test('a reason of a failure is hidden, and an empty one stays empty', () => {
    const rows = [{ error: 'SELECT secret' }, { error: '' }, { error: null }];
    expect(inDocumentedForm('executions', rows)).toEqual([{ error: failedText }, { error: '' }, { error: null }]);
  });

  test('workers: a list has the members of a page', () => {
    const page = { items: [1], count: 1, runtime: null, status: null, error: null };
    expect(inDocumentedForm('workers', [1])).toEqual(page);
    expect(inDocumentedForm('workers', page)).toBe(page);
  });

  test('dashboard: counters are members of the body, and what the body has itself counts', () => {
    const stats = { running_executions: 3, total_executions: 9 };
    expect(inDocumentedForm('dashboard', { stats, total_executions: 8 })).toEqual({
      ...{ stats, total_playbooks: 0, active_workflows: 3, running_executions: 3, total_executions: 8 },
    });
    expect(inDocumentedForm('dashboard', { stats: {} })).toEqual({
      stats: {},
      total_playbooks: 0,
      active_workflows: 0,
    });
    for (const body of [{ total: 1 }, { stats: 1 }, 'text']) expect(inDocumentedForm('dashboard', body)).toBe(body);
  });

  test.each(['credentials', 'credentialWrite'] as const)('%s: the type has its documented name too', (kind) => {
    const named = { name: 'db', type: 'postgres', credential_type: 'postgres' };
    expect(inDocumentedForm(kind, { name: 'db', type: 'postgres' })).toEqual(named);
    expect(inDocumentedForm(kind, { items: [{ name: 'db', type: 'postgres' }, 1] })).toEqual({ items: [named, 1] });
    expect(inDocumentedForm(kind, { name: 'db' })).toEqual({ name: 'db' });
    expect(inDocumentedForm(kind, 'text')).toBe('text');
  });

  test('answers of other operations pass as they are', () => {
    const body = { items: [{ type: 'x' }], executions: [] };
    expect(inDocumentedForm('plain', body)).toBe(body);
  });
});

test('a credential is sent with both names of its type, and nothing else is changed', () => {
  expect(inWireForm('credentialWrite', { name: 'db', credential_type: 'postgres' })).toEqual({
    ...{ name: 'db', credential_type: 'postgres', type: 'postgres' },
  });
  for (const body of [{ name: 'db' }, 'text', undefined]) expect(inWireForm('credentialWrite', body)).toBe(body);
  const other = { credential_type: 'postgres' };
  expect(inWireForm('plain', other)).toBe(other);
});

test("in NoETL's own form only the reasons of failures are left out", () => {
  const rows = [{ error: 'SELECT secret', started_at: 's' }, 1];
  expect(inOwnForm('executions', rows)).toEqual([{ error: failedText, started_at: 's' }, 1]);
  const body = { error: 'x' };
  expect(inOwnForm('executions', body)).toBe(body);
  expect(inOwnForm('plain', rows)).toBe(rows);
});
