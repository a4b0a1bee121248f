import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import site from '../../../docs/.vitepress/config.ts';
import { headingSlug } from '../../../docs/.vitepress/heading-slug.ts';

const inDocs = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md') && !file.startsWith('.vitepress'))
  .map((file) => `docs/${file}`);
const pages = [...inDocs, 'README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'examples/README.md'];

/** The text without code, in which nothing is a link. */
const prose = (file: string): string =>
  readFileSync(file, 'utf8')
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));

const anchors = (file: string): Set<string> => {
  const seen = new Map<string, number>();
  const text = readFileSync(file, 'utf8').replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
  return new Set(
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
      const slug = headingSlug(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
};

const links = pages.flatMap((file) =>
  [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, href = '']) => href)
    .filter((href) => !/^[a-z]+:/i.test(href))
    .map((href) => ({ file, href })),
);

describe('links of the docs', () => {
  it('are many', () => expect(links.length).toBeGreaterThan(150));

  it('lead to files that exist, and to headings of them', () => {
    const dead = links.filter(({ file, href }) => {
      const [path = '', anchor] = href.split('#');
      const target = path === '' ? file : posix.join(posix.dirname(file), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchors(target).has(anchor);
    });
    expect(dead).toEqual([]);
  });
});

describe('the sidebar of the site', () => {
  const listed = linksOf((site.themeConfig?.sidebar ?? []) as readonly Item[]).map(
    (link) => `docs/${link.slice(1).split('#')[0]}.md`,
  );

  it('names pages that exist', () => {
    expect(listed.filter((file) => !existsSync(file))).toEqual([]);
  });

  it('names every page', () => {
    expect(inDocs.filter((file) => file !== 'docs/index.md' && !listed.includes(file))).toEqual([]);
  });
});

interface Item {
  readonly link?: string;
  readonly items?: readonly Item[];
}

function linksOf(items: readonly Item[]): string[] {
  return items.flatMap(({ link, items: inner = [] }) => [...(link === undefined ? [] : [link]), ...linksOf(inner)]);
}
