import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/frame.css';
import './style/controls.css';
import './style/tables.css';
import './style/states.css';
import './style/sign-in.css';
import './style/executions.css';
import './style/playbooks.css';
import './style/health.css';
import './style/upstream.css';
import './style/phone.css';
import { render } from 'preact';
import { LocationProvider } from 'preact-iso/router';
import { finishLogin } from '../session/browser-login.ts';
import { takeSessionToken } from '../session/gateway-session.ts';
import { base } from './api/gateway-client.ts';
import { App } from './app.tsx';

const root = document.getElementById('root');
// Before anything reads the address: a token in the fragment, or the code of a login, is taken and removed.
const taken = takeSessionToken(window);
const login = finishLogin(window, base);
if (root !== null) {
  // The text that is shown until the scripts have arrived.
  root.replaceChildren();
  // The scope leaves links outside of the console, for example to GraphiQL, to the browser.
  render(
    <LocationProvider scope="/console">
      <App taken={taken} login={login} />
    </LocationProvider>,
    root,
  );
}
