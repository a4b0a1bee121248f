import type { ExampleTab } from './example-tabs.ts';

/** The page: a bar for the session token, and GraphiQL under it. */
export const pageHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NoETL Gateway · GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/graphql/graphiql.css">
<link rel="stylesheet" href="/graphql/page.css">
</head>
<body>
<noscript>This page needs JavaScript.</noscript>
<form id="session" autocomplete="off">
<strong>NoETL Gateway</strong>
<label for="token">Session token</label>
<input id="token" type="password" autocomplete="off" spellcheck="false" placeholder="from POST /api/auth/login">
<button type="submit">Use</button>
<output id="state" for="token">No session yet: the schema appears once a token is in use.</output>
</form>
<div id="root"></div>
<script src="/graphql/graphiql.js"></script>
<script src="/graphql/page.js"></script>
</body>
</html>
`;

export const pageStyle = `html, body { margin: 0; height: 100%; }
body { display: flex; flex-direction: column; font: 14px/1.4 system-ui, sans-serif; }
#session { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; padding: 8px 16px; background: #172033; color: #fff; }
#session input { flex: 0 1 360px; min-width: 160px; padding: 6px 8px; border: 1px solid #52607a; border-radius: 4px; background: #fff; color: #111; }
#session button { padding: 6px 14px; border: 0; border-radius: 4px; background: #3f7af0; color: #fff; cursor: pointer; }
#session button:focus-visible, #session input:focus-visible { outline: 2px solid #ffd166; outline-offset: 1px; }
#state { color: #c9d3e6; }
#root { flex: 1; min-height: 0; }
`;

/**
 * The page's own script. The token lives in this script's memory alone: not in storage, not in the URL. It goes out as
 * `Authorization: Bearer` with requests to `/graphql`, and GraphiQL then asks for the schema again. Queries do not go into
 * the URL either.
 */
export function pageScript(tabs: readonly ExampleTab[]): string {
  return `(() => {
  'use strict';
  self.MonacoEnvironment = {
    globalAPI: false,
    getWorkerUrl: (_module, label) =>
      '/graphql/' + (label === 'json' ? 'json' : label === 'graphql' ? 'graphql' : 'editor') + '-worker.js',
  };
  let token = '';
  const send = window.fetch.bind(window);
  window.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input), location.href);
    if (token === '' || url.origin !== location.origin || url.pathname !== '/graphql') return send(input, init);
    const headers = new Headers(init && init.headers ? init.headers : input instanceof Request ? input.headers : undefined);
    if (!headers.has('authorization')) headers.set('authorization', 'Bearer ' + token);
    return send(input, Object.assign({}, init, { headers }));
  };

  const tabs = ${JSON.stringify(tabs)};
  // GraphiQL adds an empty tab unless it is told what the active one holds.
  const activeTab = () => {
    try {
      const kept = JSON.parse(localStorage.getItem('graphiql:tabState'));
      return kept.tabs[kept.activeTabIndex];
    } catch {
      return tabs[0];
    }
  };
  const active = activeTab() || tabs[0];
  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
    title: 'NoETL Gateway',
    endpoint: '/graphql',
    defaultTabs: tabs,
    initialQuery: active.query,
    initialVariables: active.variables,
    onEditQuery: () => {},
    shouldPersistHeaders: false,
    credentials: 'same-origin',
    method: 'POST',
  });

  const state = document.getElementById('state');
  const check = async () => {
    const answer = await window.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    if (answer.ok) return 'Session in use. The token is kept in this page only.';
    if (answer.status === 401) return 'This token is no valid session: log in again.';
    return 'The session could not be checked just now (HTTP ' + answer.status + '): try again.';
  };
  document.getElementById('session').addEventListener('submit', async (event) => {
    event.preventDefault();
    token = document.getElementById('token').value.trim();
    state.textContent = 'Checking…';
    state.textContent = token === '' ? 'No session.' : await check().catch(() => 'The gateway does not answer.');
    const again = document.querySelector('button[aria-label="Re-fetch GraphQL schema"]');
    if (again) again.click();
  });
})();
`;
}
