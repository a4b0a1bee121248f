import { expect, test, vi } from 'vitest';
import { askUntilItBegins } from '../../../../generator/init.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const result = { dir: '/p', files: [], nextSteps: [] };
const missing = new GatewayError('ERR_SPEC_INVALID', 'The document cannot be read.', {
  problems: ['there is no file'],
});

function world(sources: (string | undefined)[], begin: (source: string) => Promise<typeof result>) {
  const asked: (string | undefined)[] = [];
  const questions = {
    begin: vi.fn(begin),
    askSource: async (before: string | undefined) => {
      asked.push(before);
      return sources.shift();
    },
    mayBegin: vi.fn(async () => true),
    report: vi.fn(),
    giveUp: vi.fn(),
  };
  return { questions, asked };
}

test('a file that is missing is asked for again, with the answer before; what was confirmed is kept', async () => {
  const { questions, asked } = world(['./opnapi.json', './openapi.json'], async (source) => {
    if (source === './opnapi.json') throw missing;
    return result;
  });
  expect(await askUntilItBegins(questions)).toBe(result);
  expect(asked).toEqual([undefined, './opnapi.json']);
  expect(questions.report.mock.calls).toEqual([['The document cannot be read.\nthere is no file']]);
  expect(questions.mayBegin).toHaveBeenCalledOnce();
});

test('what is wrong with the folder is no question', async () => {
  const full = new GatewayError('ERR_CONFIG_INVALID', 'the folder is not empty');
  const { questions, asked } = world(['a', 'b'], async () => Promise.reject(full));
  await expect(askUntilItBegins(questions)).rejects.toBe(full);
  expect(asked).toHaveLength(1);
});

test('who gives up, has nothing written', async () => {
  const { questions } = world(['a', undefined], async () => Promise.reject(missing));
  expect(await askUntilItBegins(questions)).toBeUndefined();
  expect(questions.giveUp).toHaveBeenCalledOnce();
  const unsure = world(['a'], async () => result);
  unsure.questions.mayBegin.mockResolvedValue(false);
  expect(await askUntilItBegins(unsure.questions)).toBeUndefined();
  expect(unsure.questions.begin).not.toHaveBeenCalled();
});
