import { describe, expect, test } from 'vitest';
import { examineUpstream } from '../../../../cli/doctor/examine-project.ts';
import type { Upstream, UpstreamReply } from '../../../../plugins/ports.ts';

const upstreamWith = (reply: Partial<UpstreamReply>): Upstream => ({
  request: async () => ({ status: 200, body: undefined, date: undefined, ...reply }),
});

describe('probes of NoETL', () => {
  test('a read that answers 500 is no answer, whatever the health says', async () => {
    await expect(examineUpstream(upstreamWith({ status: 500 }))).rejects.toMatchObject({ message: 'it answers 500' });
  });
});
