import { posix } from 'node:path';

interface Token {
  readonly type: string;
  readonly children: readonly Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

interface State {
  readonly tokens: readonly Token[];
  readonly env: { readonly relativePath?: string };
}

/**
 * A rule for markdown-it: pages of the repository as pages of the site. Links to files that are no pages lead to the
 * repository, and Vue reads no braces in code.
 * @param repository where the files of the repository can be read, with a slash at its end
 */
export function siteMarkdown(repository: string): (state: State) => void {
  return ({ tokens, env }) => {
    const folder = posix.join('docs', posix.dirname(env.relativePath ?? ''));
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type === 'code_inline') token.attrSet('v-pre', '');
      if (token.type === 'link_open') linkOutside(token, folder, repository);
    }
  };
}

function linkOutside(token: Token, folder: string, repository: string): void {
  const target = outsideOf(folder, token.attrGet('href') ?? '');
  if (target !== undefined) token.attrSet('href', repository + target);
}

/** The path of a linked file in the repository; undefined for a page of the site and for what is no file. */
function outsideOf(folder: string, href: string): string | undefined {
  if (/^(?:[a-z]+:|#|\/)/i.test(href) || href === '') return undefined;
  const [path = '', anchor] = href.split('#');
  const target = posix.join(folder, path);
  const isPage = target.startsWith('docs/') && target.endsWith('.md');
  return isPage ? undefined : target + (anchor === undefined ? '' : `#${anchor}`);
}
