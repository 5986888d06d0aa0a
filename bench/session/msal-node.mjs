// msal-node keeps its own cache; here it is only constructed.
import { PublicClientApplication } from '@azure/msal-node';
import './baseline.mjs';

new PublicClientApplication({ auth: { clientId: 'a-client' } });
