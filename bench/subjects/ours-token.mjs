// embed-auth-server in the implicit grant.
import { beginWith, load, packages, title } from './ours.mjs';

export { load, packages, title };
export const begin = beginWith('token');
