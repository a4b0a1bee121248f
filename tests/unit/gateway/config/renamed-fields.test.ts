import { describe, expect, it } from 'vitest';
import { type RenamedField, readRenamed, renamedFields } from '../../../../gateway/config/former-names.ts';
import { whenPresent } from '../../../../gateway/config/gateway-config.ts';
import { role } from '../../../../plugins/noetl-auth/access/access-rule.ts';

/** Fields that never existed: what a rename would look like. */
const renames: readonly RenamedField[] = [
  { section: 'sessions', from: 'cacheMs', to: 'cacheTtlMs', since: '9.1.0' },
  { section: 'operations.*', from: 'rule', to: 'access', since: '9.1.0' },
  { section: '', from: 'permits', to: 'grants', since: '9.1.0' },
];

describe('a declaration of the minor version before', () => {
  it('is read under today’s names, with a line for each', () => {
    const resolve = () => 'kept';
    const old = {
      operations: { me: { gateway: 'query', rule: 'mine', resolve }, other: { access: 'theirs' } },
      permits: ['all'],
      sessions: { cacheMs: 7, cacheSize: 9 },
    };
    const { declaration, warnings } = readRenamed<object>(old, renames);
    expect(declaration).toEqual({
      operations: { me: { gateway: 'query', access: 'mine', resolve }, other: { access: 'theirs' } },
      grants: ['all'],
      sessions: { cacheTtlMs: 7, cacheSize: 9 },
    });
    expect(warnings).toEqual([
      'sessions.cacheMs was renamed to sessions.cacheTtlMs in 9.1.0: the old name works until the next minor version',
      'operations.me.rule was renamed to operations.me.access in 9.1.0: the old name works until the next minor version',
      'permits was renamed to grants in 9.1.0: the old name works until the next minor version',
    ]);
    expect(old.sessions).toEqual({ cacheMs: 7, cacheSize: 9 });
  });

  it('counts under today’s name where both stand', () => {
    const { declaration, warnings } = readRenamed<object>({ sessions: { cacheMs: 7, cacheTtlMs: 8 } }, renames);
    expect(declaration).toEqual({ sessions: { cacheTtlMs: 8 } });
    expect(warnings).toEqual([expect.stringContaining('ignored')]);
  });

  it('has nothing said about it when it has no former name', () => {
    const given = { operations: {}, sessions: undefined, plugins: ['rule'] };
    expect(readRenamed<object>(given, renames)).toEqual({ declaration: given, warnings: [] });
  });

  it('an optional row in the form of 0.2 is optional, and named', () => {
    const workerPools = whenPresent()('GET /api/worker/pools', { access: role('admin') });
    const { declaration, warnings } = readRenamed({ operations: { workerPools } }, renamedFields);
    const row = { upstream: 'GET /api/worker/pools', optional: true, access: role('admin') };
    expect(declaration.operations).toEqual({ workerPools: row });
    expect(warnings).toEqual([
      'operations.workerPools.whenPresent was renamed to operations.workerPools.optional in 0.3.0: the old name works until the next minor version',
    ]);
  });

  it('never loses a field that is called so today', () => {
    const today = new Set(renamedFields.map(({ section, to }) => `${section}.${to}`));
    expect(renamedFields.filter(({ section, from }) => today.has(`${section}.${from}`))).toEqual([]);
  });
});
