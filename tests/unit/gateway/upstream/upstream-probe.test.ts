import { expect, test } from 'vitest';
import { probeUpstream } from '../../../../gateway/upstream/drift-watch.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

const list = 'GET /api/executions';
const one = 'GET /api/executions/1';
const outage = new GatewayError('ERR_UPSTREAM_TIMEOUT', 'NoETL did not answer in time');
const probe = (script: Parameters<typeof scriptedUpstream>[0]) => {
  const { upstream, calls } = scriptedUpstream(script);
  return { found: probeUpstream(upstream, '/api/executions'), calls };
};

test('NoETL that answers is fine, also when it says that an execution does not exist', async () => {
  const { found, calls } = probe({ [list]: { body: { items: [] } }, [one]: { status: 404 } });
  expect(await found).toBeUndefined();
  expect(calls.map((call) => call.class)).toEqual(['probe', 'probe']);
});

test('one route that is slow or broken is a note, whichever it is', async () => {
  expect(await probe({ [list]: outage }).found).toBe('NoETL answers, but not GET /api/executions within 3 s');
  expect(await probe({ [list]: { body: {} }, [one]: { status: 500 } }).found).toBe(
    'NoETL answers, but not GET /api/executions/{execution_id} within 3 s',
  );
});

test('no read is answered: not ready, be it an outage or errors', async () => {
  await expect(probe({ [list]: outage, [one]: outage }).found).rejects.toThrow('does not answer a read');
  await expect(probe({ [list]: { status: 500 }, [one]: { status: 500 } }).found).rejects.toThrow();
});
