import { cp, mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export interface ImageFiles {
  /** The image's working folder, laid out in an empty folder of this machine. */
  readonly folder: string;
  /** The production packages that are linked into it. */
  readonly packages: readonly string[];
  /** The image's `CMD`. */
  readonly command: readonly string[];
}

/**
 * Does what the Dockerfile does, without Docker: takes the built package, copies what its last stage copies, and gives it the production
 * packages and no others (links into this checkout, by the package manager's own list).
 */
export async function layOutImage(): Promise<ImageFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  const lines = (await readFile('Dockerfile', 'utf8')).split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  await cp('dist', join(folder, 'dist'), { recursive: true });
  for (const line of last.filter((each) => /^COPY (?!--from=\S+ \S+ \.\/(?:node_modules|dist)$)/.test(each))) {
    const words = line.split(' ').slice(line.includes(' --from=') ? 2 : 1);
    const target = words.pop() ?? '.';
    for (const named of words) {
      const source = named.replace(/^\/app\/dist(?=\/)/, join(folder, 'dist'));
      const place = target.endsWith('/') ? join(folder, target, source.split('/').pop() ?? '') : join(folder, target);
      await cp(source, place, { recursive: true });
    }
  }
  const packages = await productionPackages();
  for (const name of packages) {
    const place = join(folder, 'node_modules', name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(resolve('node_modules', name), place);
  }
  const command = JSON.parse(last.find((line) => line.startsWith('CMD '))?.slice(4) ?? '[]') as string[];
  return { folder, packages, command };
}

/**
 * Top-level packages of `npm ci --omit=dev --omit=optional`, by the marks of the lock; what lies inside them comes along.
 * `npm ls` also lists optional peers that are installed for development.
 */
async function productionPackages(): Promise<readonly string[]> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Record<string, LockedPackage> };
  return Object.entries(lock.packages)
    .filter(([, { dev, optional, devOptional, link }]) => !(dev || optional || devOptional || link))
    .map(([path]) => path.replace(/^node_modules\//, ''))
    .filter((name) => name !== '' && !name.includes('node_modules'))
    .sort();
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
}
