import './style.css';
import { render } from 'preact';
import { LocationProvider } from 'preact-iso/router';
import { finishLogin } from '../session/browser-login.ts';
import { takeSessionToken } from '../session/session-token.ts';
import { base } from './api/gateway.ts';
import { App } from './app.tsx';

const root = document.getElementById('root');
// Before anything reads the address: a token in the fragment, or the code of a login, is taken and removed.
const token = takeSessionToken(window);
const login = finishLogin(window, base);
if (root !== null) {
  render(
    <LocationProvider scope="/console">
      <App initialToken={token} login={login} />
    </LocationProvider>,
    root,
  );
}
