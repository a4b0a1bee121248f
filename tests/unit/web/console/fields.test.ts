import { describe, expect, test } from 'vitest';
import type { ConsoleField } from '../../../../gateway/console/console-answers.ts';
import { operationOf } from '../../../../web/console/api/execution.ts';

const field: ConsoleField = {
  field: 'runs',
  root: 'query',
  args: { page: 'Int', id: 'ID!' },
  returns: { id: null, steps: { name: null, child: { id: null } } },
};

describe('the operation that the console sends', () => {
  test('has the arguments and members that this gateway has, and no others', () => {
    const wanted = ['id', 'status', ['steps', ['name', 'error', ['child', ['id']]]], ['failure', ['message']]] as const;
    expect(operationOf(field, { id: '1', size: 5, page: undefined }, wanted)).toEqual({
      query: 'query Console($id: ID!) { answer: runs(id: $id) { id steps { name child { id } } } }',
      variables: { id: '1' },
    });
  });

  test('asks for the type where nothing that is wanted is there, and for no member of a value', () => {
    expect(operationOf(field, {}, ['toString']).query).toBe('query Console { answer: runs { __typename } }');
    expect(operationOf({ ...field, root: 'mutation', returns: null }, { page: 1 }, ['id']).query).toBe(
      'mutation Console($page: Int) { answer: runs(page: $page) }',
    );
  });
});
