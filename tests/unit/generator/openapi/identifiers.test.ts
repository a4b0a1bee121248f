import { describe, expect, it } from 'vitest';
import { camelCase, isIdListName, isIdName, isPublicName } from '../../../../generator/openapi/names.ts';

describe('camelCase', () => {
  it.each([
    ['execution_id', 'executionId'],
    ['ExecutionID', 'executionId'],
    ['content-type', 'contentType'],
    ['HTTPServer', 'httpServer'],
    ['pageSize', 'pageSize'],
    ['v2_name', 'v2Name'],
    ['1st', '_1st'],
    ['__meta', 'meta'],
    ['café', 'cafe'],
    ['***', ''],
  ])('%s → %s', (given, want) => {
    expect(camelCase(given)).toBe(want);
  });
});

describe('isIdName', () => {
  it.each(['id', 'ID', 'run_id', 'runId', 'run-id', 'parent_execution_id', 'userID'])('%s is an id', (name) => {
    expect(isIdName(name)).toBe(true);
  });
  it.each(['paid', 'pid', 'grid', 'valid', 'void', 'identifier', 'ids', 'idle', 'ID_card'])('%s is no id', (name) => {
    expect(isIdName(name)).toBe(false);
  });
  it('knows lists of them', () => {
    expect(['ids', 'event_ids', 'eventIds', 'kids', 'bids'].map(isIdListName)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('isPublicName', () => {
  it('refuses what GraphQL cannot have or keeps for itself', () => {
    expect(['a', '_a', 'a1', '__a', '1a', 'a-b', '', 'ä'].map(isPublicName)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
