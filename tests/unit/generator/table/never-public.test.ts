import { describe, expect, it } from 'vitest';
import { neverPublic } from '../../../../generator/table/never-public.ts';

describe('neverPublic', () => {
  it.each([
    ['POST', '/api/internal/outbox/claim'],
    ['POST', '/api/events'],
    ['GET', '/api/events/batch/{request_id}/status'],
    ['POST', '/api/commands/{event_id}/claim'],
    ['POST', '/api/worker/pool/heartbeat'],
    ['POST', '/api/stages/{stage_id}/frames/claim'],
    ['POST', '/api/frames/{frame_id}/commit'],
    ['POST', '/api/postgres/execute'],
    ['GET', '/api/postgres/weather_alert_summary/{execution_id}/last'],
    ['POST', '/api/db/init'],
    ['GET', '/api/keychain/{catalog_id}/{keychain_name}'],
    ['POST', '/api/gcp/token'],
    ['POST', '/api/context/render'],
    ['GET', '/api/profiler/status'],
    ['GET', '/api/threads'],
    ['GET', '/api/status'],
    ['PUT', '/api/result/{execution_id}'],
    ['DELETE', '/api/api/temp/{execution_id}'],
    ['POST', '/api/auth/session/validate'],
    ['GET', '/api/credentials/{id}/sealed'],
    ['GET', '/api/ehdb/tiers/{tier}'],
    ['GET', '/metrics'],
    ['GET', '/openapi.json'],
    ['POST', '/api/v2/Internal/x'],
  ])('closes %s %s', (method, path) => {
    expect(neverPublic(method, path)).toMatch(/\w/);
  });

  it.each([
    ['GET', '/api/executions'],
    ['GET', '/api/executions/{execution_id}/events'],
    ['GET', '/api/executions/{execution_id}/status'],
    ['GET', '/api/worker/pools'],
    ['GET', '/api/pool/status'],
    ['GET', '/api/result/{execution_id}/{step_name}'],
    ['POST', '/api/catalog/list'],
    ['GET', '/api/health'],
    ['GET', '/api/ehdb/executions'],
  ])('leaves %s %s to the config', (method, path) => {
    expect(neverPublic(method, path)).toBeUndefined();
  });

  it.each(['include_data', 'includeData', 'Include-Secrets'])(
    'closes what the argument %s can turn into a secret',
    (name) => {
      expect(neverPublic('GET', '/api/credentials/{id}', [name])).toMatch(/secrets/);
    },
  );
});
