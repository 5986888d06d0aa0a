/**
 * The packages that are part of dist/, with their licences; the other dependencies are installed beside it. Importing
 * eventemitter3 by its name would cost more than the rest of the entry, and only the command uses oauth4webapi.
 */
export const bundledPackages = ['eventemitter3', 'oauth4webapi'];
