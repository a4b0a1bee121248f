// First: `MonacoEnvironment` must be set before Monaco asks for a worker.
import './workers.ts';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';
import { createRoot } from 'react-dom/client';
import { finishLogin } from '../session/browser-login.ts';
import { takeSessionToken } from '../session/gateway-session.ts';
import { Page } from './page.tsx';

// Before anything reads the address: a token in the fragment, or the code of a login, is taken and removed.
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<Page taken={takeSessionToken(window)} login={finishLogin(window)} />);
