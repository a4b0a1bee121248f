import './workers.ts';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';
import { createRoot } from 'react-dom/client';
import { Page } from './page.tsx';
import { takeSessionToken } from './session-token.ts';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<Page initialToken={takeSessionToken(window)} />);
