import { readFileSync } from 'node:fs';

/** An import of the gateway's own modules, as the shipped config has them: names only, on one line or several. */
const ownImport = /^import \{([^}]*)\} from '\.\/(?:gateway|plugins)\/[^']+';\n/gm;

/**
 * The config that ships with the gateway, for a project that has the gateway as a package: what it imports from the
 * sources comes from `noetl-gateway`.
 */
export function shippedConfig(): string {
  return asProjectConfig(readFileSync(new URL('../../gateway.config.ts', import.meta.url), 'utf8'));
}

/**
 * Text that imports nothing of the sources stays as it is.
 * @throws TypeError when an import of the sources would be left: the project could not load it
 */
export function asProjectConfig(text: string): string {
  const names = [...text.matchAll(ownImport)].flatMap(([, list = '']) => list.split(','));
  const sorted = [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))].sort();
  const rest = text.replaceAll(ownImport, '');
  if (/from '\.\/(?:gateway|plugins)\//.test(rest))
    throw new TypeError('gateway.config.ts has an import that init cannot replace');
  if (rest === text) return text;
  return `import {\n${sorted.map((name) => `  ${name},\n`).join('')}} from 'noetl-gateway';\n${rest}`;
}
