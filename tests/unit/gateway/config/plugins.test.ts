import { describe, expect, test } from 'vitest';
import { isAroundRequest, pluginProblems, presentPlugins } from '../../../../gateway/config/plugins.ts';
import { readDeclaration } from '../../../../gateway/config/resolve-config.ts';
import type { GatewayConfig } from '../../../../index.ts';

const hook = () => {};

class OfAClass {
  onRequest() {}
}

describe('plugins of the config', () => {
  test.each([
    ['a misspelt hook', { onExcute: hook }, 'plugins[0].onExcute: not a hook; did you mean onExecute?'],
    ['another case', { onparse: hook }, 'plugins[0].onparse: not a hook; did you mean onParse?'],
    ['beside a hook', { onParse: hook, onParms: hook }, 'plugins[0].onParms: not a hook; did you mean onParams?'],
    ['without `on`', { execute: hook }, 'plugins[0]: has no hook; did you mean onExecute?'],
    ['a text', 'what', 'plugins[0]: must be an object with hooks'],
    ['a number', 42, 'plugins[0]: must be an object with hooks'],
    ['a function, which was not called', hook, 'plugins[0]: must be an object with hooks'],
    ['a list', [{ onParse: hook }], 'plugins[0]: must be an object with hooks'],
  ])('%s is named', (_name, plugin, problem) => expect(pluginProblems([plugin])).toEqual([problem]));

  test('an object without hooks is named with all hooks', () => {
    expect(pluginProblems([{}])[0]).toMatch(/^plugins\[0\]: has no hook; hooks: onContextBuilding, .*onExecute/);
  });

  test('what is no list is named', () =>
    expect(pluginProblems({ onParse: hook })).toEqual(['plugins: must be a list']));

  test.each([
    ['hooks of Envelop', { onParse: hook, onValidate: hook, onContextBuilding: hook, onExecute: hook }],
    ['a hook of Yoga', { onRequest: hook }],
    ['a hook beside data of its own', { seen: new Set(), onParse: hook }],
    ['an instance of a class', new OfAClass()],
    ['nothing, by a condition', false],
    ['nothing', undefined],
  ])('%s passes', (_name, plugin) => expect(pluginProblems([plugin])).toEqual([]));

  test('a config with a misspelt hook is refused', () => {
    const plugin: object = { onExcute: hook };
    const config: GatewayConfig = { operations: {}, roles: [], grants: [], plugins: [plugin] };
    expect(readDeclaration(config, undefined, 'unknown').problems).toContain(
      'plugins[0].onExcute: not a hook; did you mean onExecute?',
    );
  });

  test('absent entries are left out', () => {
    const plugin = { onParse: hook };
    expect(presentPlugins([false, plugin, undefined])).toEqual([plugin]);
  });

  test.each([
    ['a hook of Envelop', { onExecute: hook }, false],
    ['data beside it', { seen: 1, onExecute: hook }, false],
    ['a hook of the request', { onExecute: hook, onRequest: hook }, true],
    ['a hook of results', { onResultProcess: hook }, true],
    ['a hook that adds plugins', { onPluginInit: hook }, true],
    ['a hook of its class', new OfAClass(), true],
  ])('%s needs the HTTP half of Yoga: %s', (_name, plugin, expected) => {
    expect(isAroundRequest(plugin)).toBe(expected);
  });
});
