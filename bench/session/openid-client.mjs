// The same as baseline.mjs, with the import of what would refresh the token.
import 'openid-client';
import './baseline.mjs';
