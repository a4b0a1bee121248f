import './style.css';
import { render } from 'preact';
import { LocationProvider } from 'preact-iso/router';
import { takeSessionToken } from '../session/session-token.ts';
import { App } from './app.tsx';

const root = document.getElementById('root');
// Before anything reads the address: a token in the fragment is taken and removed.
const token = takeSessionToken(window);
if (root !== null) {
  render(
    <LocationProvider scope="/console">
      <App initialToken={token} />
    </LocationProvider>,
    root,
  );
}
