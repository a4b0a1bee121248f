import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { fieldRules, pairRootFields } from '../../../../gateway/calls/root-fields.ts';
import { generatedSdl, shippedOperations } from '../../../support/executor-caller.ts';

test('the arguments that hold catalog paths come from the schema, for every field that has one', () => {
  const { fields } = pairRootFields(parse(generatedSdl), shippedOperations);
  const rules = [...fieldRules(fields)].map(([name, rule]) => [name, rule.pathArguments] as const);
  expect(Object.fromEntries(rules.filter(([, paths]) => paths?.length))).toEqual({
    agents: ['path'],
    executePlaybook: ['name'],
    playbook: ['path'],
    playbookForm: ['path'],
    playbooks: ['path'],
  });
});
