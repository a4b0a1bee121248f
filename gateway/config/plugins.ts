import { distance } from 'fastest-levenshtein';
import type { Plugin } from 'graphql-yoga';
import type { CallContext } from '../../plugins/call-context.ts';

/** A plugin of the config: hooks of Envelop, which see every operation, and hooks of Yoga around an HTTP request. */
export type GatewayPlugin = Plugin<CallContext>;

/** Where each hook belongs. The type makes the list complete. */
const hooks = {
  onContextBuilding: 'operation',
  onEnveloped: 'operation',
  onExecute: 'operation',
  onParse: 'operation',
  onSchemaChange: 'operation',
  onSubscribe: 'operation',
  onValidate: 'operation',
  instrumentation: 'request',
  onDispose: 'request',
  onExecutionResult: 'request',
  onParams: 'request',
  onPluginInit: 'request',
  onRequest: 'request',
  onRequestParse: 'request',
  onResponse: 'request',
  onResultProcess: 'request',
  onYogaInit: 'request',
} as const satisfies Record<Extract<keyof GatewayPlugin, string>, 'operation' | 'request'>;

/**
 * What is wrong with the config's plugins, one line each: a misspelt hook would never run. Absent entries (`false`, `null`,
 * `undefined`) are left out, so that a config can choose.
 */
export function pluginProblems(plugins: unknown): readonly string[] {
  if (plugins === undefined) return [];
  if (!Array.isArray(plugins)) return ['plugins: must be a list'];
  return plugins.flatMap((plugin: unknown, index) => problemsOf(plugin, `plugins[${index}]`));
}

function problemsOf(plugin: unknown, place: string): readonly string[] {
  if (isAbsent(plugin)) return [];
  if (typeof plugin !== 'object' || plugin === null || Array.isArray(plugin))
    return [`${place}: must be an object with hooks`];
  const names = namesIn(plugin);
  const unknown = names.filter((name) => /^on[A-Z]/i.test(name) && !Object.hasOwn(hooks, name));
  if (unknown.length > 0) return unknown.map((name) => `${place}.${name}: not a hook; ${adviceFor(name)}`);
  if (names.some((name) => Object.hasOwn(hooks, name)) || Object.getOwnPropertySymbols(plugin).length > 0) return [];
  return [`${place}: has no hook; ${names[0] === undefined ? `hooks: ${known.join(', ')}` : adviceFor(names[0])}`];
}

/** Members of the object and of its class. */
function namesIn(plugin: object): readonly string[] {
  const names = Object.getOwnPropertyNames(plugin);
  const parent: unknown = Object.getPrototypeOf(plugin);
  if (typeof parent !== 'object' || parent === null || parent === Object.prototype) return names;
  return [...names, ...namesIn(parent)];
}

const known = Object.keys(hooks);

function adviceFor(name: string): string {
  const [nearest] = known.toSorted((a, b) => far(a, name) - far(b, name));
  return `did you mean ${nearest}?`;
}

const far = (hook: string, name: string): number => distance(hook.toLowerCase(), name.toLowerCase());

const isAbsent = (plugin: unknown): boolean => plugin === false || plugin === null || plugin === undefined;

/** The plugins that the config has, without the absent ones. */
export const presentPlugins = (
  plugins: readonly (GatewayPlugin | false | null | undefined)[] = [],
): readonly GatewayPlugin[] => plugins.filter((plugin) => plugin !== false && plugin !== null && plugin !== undefined);

/** Whether a plugin has hooks around the HTTP request, which need the HTTP half of Yoga. What adds plugins may add such hooks. */
export const isAroundRequest = (plugin: object): boolean =>
  namesIn(plugin).some((name) => Object.hasOwn(hooks, name) && hooks[name as keyof typeof hooks] === 'request');
