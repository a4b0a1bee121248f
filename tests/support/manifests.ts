import { parse } from 'yaml';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { OutputFile } from '../../generator/emit/emitter.ts';
import { emitManifests } from '../../generator/emit/manifests/emit-manifests.ts';
import { emitInput } from './emit-input.ts';

/** The manifests of a declaration, by path. */
export async function manifestsOf(config: Partial<GatewayConfig> = {}): Promise<ReadonlyMap<string, string>> {
  const input = emitInput();
  const files: readonly OutputFile[] = await emitManifests({
    ...input,
    config: { ...input.config, ...config },
    read: (path) => (path === 'package.json' ? '{"version": "1.2.3"}' : undefined),
  });
  return new Map(files.map(({ path, content }) => [path, content]));
}

/** One file's document. @throws when there is no such file, or it is not one YAML document */
export function documentOf(files: ReadonlyMap<string, string>, path: string): Readonly<Record<string, unknown>> {
  const text = files.get(path);
  if (text === undefined) throw new Error(`no ${path} among ${[...files.keys()].join(', ')}`);
  return parse(text) as Readonly<Record<string, unknown>>;
}

/** A value inside a document; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[key] : undefined,
    value,
  );
}

/** Every resource file of the Kustomize tree: plain Kubernetes objects, without the kustomizations themselves. */
export function resourcesOf(
  files: ReadonlyMap<string, string>,
): readonly (readonly [string, Record<string, unknown>])[] {
  return [...files]
    .filter(([path]) => path.startsWith('deploy/kubernetes/') && path.endsWith('.yaml'))
    .filter(([path]) => !path.endsWith('kustomization.yaml'))
    .map(([path, text]) => [path, parse(text) as Record<string, unknown>] as const);
}
