import { describe, expect, test } from 'vitest';
import { examineUpstream, probeDocument } from '../../../../cli/doctor/examine-project.ts';
import { documentHash } from '../../../../generator/document/document-hash.ts';
import { parseJson } from '../../../../plugins/json/lossless-json.ts';
import type { Upstream, UpstreamReply } from '../../../../plugins/ports.ts';

const upstreamWith = (reply: Partial<UpstreamReply>): Upstream => ({
  request: async () => ({ status: 200, body: undefined, date: undefined, ...reply }),
});

describe('probes of NoETL', () => {
  test('a read that answers 500 is no answer, whatever the health says', async () => {
    await expect(examineUpstream(upstreamWith({ status: 500 }))).rejects.toMatchObject({ message: 'it answers 500' });
  });

  test('the live document has the hash of the pulled one, whatever its prose and its long numbers', async () => {
    const text =
      '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"summary": "S", "maximum": 9223372036854775807}}}}';
    const pulled = documentHash(JSON.parse(text.replace('"S"', '"T"')));
    expect(await probeDocument(upstreamWith({ body: parseJson(text) }))).toBe(pulled);
  });

  test('a NoETL without a document', async () => {
    expect(await probeDocument(upstreamWith({ status: 404 }))).toBeUndefined();
    await expect(probeDocument(upstreamWith({ body: 'text' }))).rejects.toMatchObject({ code: 'ERR_UPSTREAM' });
  });
});
