import { readdirSync, readFileSync } from 'node:fs';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { headingSlug } from './heading-slug.ts';
import { siteMarkdown } from './site-markdown.ts';

const repository = 'https://github.com/example/noetl-gateway';

const appPages = [
  page('Build an app', 'build-an-app'),
  page('Receive events', 'events'),
  page('Tools for programs (MCP)', 'mcp'),
  page('NoETL’s own clients', 'clients'),
];

const operatorPages = [
  page('Open an operation', 'open-an-operation'),
  page('Make an operation of a playbook', 'actions'),
  page('Write a custom rule', 'custom-rule'),
  page('Use the plugins in your server', 'plugins'),
  page('Log in with Auth0, Keycloak, Entra …', 'identity'),
  page('Deploy', 'deploy'),
  page('Operate', 'operate'),
  page('Runbook by symptom', 'runbook'),
  page('Use the console', 'console'),
  page('Upgrade NoETL', 'regenerate'),
  page('Migrate from the earlier gateway', 'migrate'),
  page('Set up CI', 'ci'),
];

const referencePages = [
  page('Configuration', 'configure'),
  page('Environment', 'reference/environment'),
  page('Command line', 'reference/cli'),
  { ...page('Errors', 'reference/errors'), collapsed: true, items: errorPages() },
  page('Metrics', 'reference/metrics'),
  page('Audit and log', 'operate#who-did-what'),
  page('GraphQL', 'generated/schema'),
  page('REST', 'reference/rest'),
  page('Who may do what', 'generated/policy'),
];

const explanationPages = [
  page('Architecture', 'architecture'),
  page('Security model', 'security'),
  page('Logins and sessions', 'sessions'),
  page('Executions and results', 'executions'),
  page('Reliability', 'reliability'),
  page('Performance', 'performance'),
  page('Style', 'style'),
  { text: 'Decisions (ADR)', collapsed: true, items: decisionPages() },
];

function errorPages(): DefaultTheme.SidebarItem[] {
  return readdirSync(new URL('../reference/error/', import.meta.url))
    .sort()
    .map((file) => file.replace(/\.md$/, ''))
    .map((code) => page(code, `reference/error/${code}`));
}

function decisionPages(): DefaultTheme.SidebarItem[] {
  const folder = new URL('../adr/', import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => {
      const title = /^# (.+)$/m.exec(readFileSync(new URL(file, folder), 'utf8'))?.[1] ?? file;
      return page(`${file.slice(0, 4)} ${title}`, `adr/${file.replace(/\.md$/, '')}`);
    });
}

/** The site of docs/. Its pages are the files as they are in the repository, so their links work there too. */
export default defineConfig({
  title: 'NoETL Gateway',
  description: 'The public gateway of NoETL: GraphQL and auth routes, generated, closed by default',
  lang: 'en',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  cleanUrls: true,
  // Any page that does not exist ends the build.
  ignoreDeadLinks: [/^http:\/\/localhost/],
  markdown: {
    anchor: { slugify: headingSlug },
    config: (md) => md.core.ruler.push('site', siteMarkdown(`${repository}/blob/main/`)),
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'First hour', link: '/tutorial' },
      { text: 'How to', link: '/build-an-app' },
      { text: 'Reference', link: '/reference/errors' },
      { text: 'Explanation', link: '/architecture' },
    ],
    sidebar: sidebar(),
    socialLinks: [{ icon: 'github', link: repository }],
  },
});

function sidebar(): DefaultTheme.SidebarItem[] {
  return [
    { text: 'Tutorial', items: [page('The first hour', 'tutorial'), page('Glossary', 'glossary')] },
    { text: 'How to, for apps', items: appPages },
    { text: 'How to, for operators', items: operatorPages },
    { text: 'Reference', items: referencePages },
    { text: 'Explanation', items: explanationPages },
  ];
}

function page(text: string, path: string): DefaultTheme.SidebarItem {
  return { text, link: `/${path}` };
}
